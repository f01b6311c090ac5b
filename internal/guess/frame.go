package guess

import "fmt"

// frameSizes are those that cameras and screens have.
var frameSizes = [][2]int{
	{160, 120}, {176, 144}, {320, 240}, {352, 288}, {640, 360}, {640, 480}, {720, 480}, {720, 576}, {768, 576}, {800, 600}, {1024, 768},
	{1280, 720}, {1280, 960}, {1280, 1024}, {1600, 1200}, {1920, 1080}, {1920, 1200}, {2048, 1536}, {2560, 1440}, {3840, 2160}, {4096, 2160},
}

// framePixels are formats that have so many bytes a pixel.
var framePixels = map[int]string{1: "Grayscale8", 2: "RGB16", 3: "RGB888", 4: "RGB32"}

const (
	maxHeader = 256
	pageSize  = 4096
)

// frames are raw pictures, by the size of the segment alone: after a header, and rounded up
// to a page.
func frames(data []byte, used int) []Finding {
	var all []Finding
	for _, size := range frameSizes {
		for _, bytes := range []int{1, 2, 3, 4} {
			length := size[0] * size[1] * bytes
			rest := len(data) - length
			if rest < 0 || rest > maxHeader && (len(data)%pageSize != 0 || rest >= pageSize+maxHeader) || used < length/4 {
				continue
			}
			all = append(all, frame(data, used, size, bytes, rest))
		}
	}
	Sort(all)
	return all[:min(len(all), 3)]
}

func frame(data []byte, used int, size [2]int, bytes, rest int) Finding {
	f := Finding{What: fmt.Sprintf("a raw picture of %d x %d pixels with %d bytes each", size[0], size[1], bytes), Score: 30,
		Show: []string{"--as", fmt.Sprintf("image:%dx%d:%s", size[0], size[1], framePixels[bytes])}}
	f.because("%d x %d x %d is %d, and the segment has %d bytes", size[0], size[1], bytes, size[0]*size[1]*bytes, len(data))
	if rest == 0 || rest < pageSize && used <= len(data)-rest {
		f.Score = 50
	} else {
		f.but("%d bytes are more than a frame has: a header, or up to the end of the page", rest)
	}
	if bytes == 4 && everyFourth(data[:used]) {
		f.Score += 25
		f.because("every fourth byte is 0xff, as the fourth byte of RGB32 is")
	}
	f.but("other sizes and formats have as many bytes")
	return f
}

// everyFourth tells whether one of each four bytes is 0xff.
func everyFourth(data []byte) bool {
	for start := range min(4, len(data)) {
		count := 0
		for at := start; at < len(data) && data[at] == 0xFF; at += 4 {
			count++
		}
		if count > 1000 && count >= (len(data)-start)/4 {
			return true
		}
	}
	return false
}
