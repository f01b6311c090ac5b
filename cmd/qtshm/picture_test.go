//go:build cgo && (linux || windows)

package main

import (
	"bytes"
	numbers "encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// pictureSegment has a Qt process make a segment with data in it, and returns its key.
func pictureSegment(e *peertest.Env, qt int, data []byte) string {
	e.T.Helper()
	key := e.Name()
	segmentOf(e, qt, key, data)
	return key
}

func pngOf(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var data bytes.Buffer
	require.NoError(t, png.Encode(&data, picture))
	return data.Bytes()
}

func decoded(t testing.TB, data string) image.Image {
	t.Helper()
	picture, err := png.Decode(strings.NewReader(data))
	require.NoError(t, err)
	return picture
}

// bomb is a PNG whose few bytes say that it has so many pixels.
func bomb(t testing.TB, width, height uint32) []byte {
	t.Helper()
	data := pngOf(t, gradient(2, 2))
	numbers.BigEndian.PutUint32(data[16:], width)
	numbers.BigEndian.PutUint32(data[20:], height)
	numbers.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func TestGetPicture(t *testing.T) {
	for name, value := range map[string]string{"NO_COLOR": "", "TERM": "xterm", "COLORTERM": "truecolor"} {
		t.Setenv(name, value)
	}
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		want := gradient(21, 9)
		file := pngOf(t, want)
		for _, marker := range append([]string{""}, pictureMarkers...) {
			key := pictureSegment(e, qt, []byte(marker+string(file)+"\x00\x00behind"))
			assert.Equal(t, string(file), ok(t, "get", key, "--as", "image"), "the PNG, as it was")
			samePixels(t, want, readBlocks(t, ok(t, "get", key, "--as", "image", "--graphics", "blocks")), 0)
			samePixels(t, want, readKitty(t, ok(t, "get", key, "--as", "image", "--graphics", "kitty")), 0)
			samePixels(t, want, readSixel(t, ok(t, "get", key, "--as", "image", "--graphics", "sixel")), 3)
		}
		key := pictureSegment(e, qt, []byte("head"+"\x01\x02\x03\x04\x05\x06..\x07\x08\x09\x0a\x0b\x0c"))
		frame := image.NewNRGBA(image.Rect(0, 0, 2, 2))
		for i := range 4 {
			n := uint8(3 * i)
			frame.SetNRGBA(i%2, i/2, color.NRGBA{n + 1, n + 2, n + 3, 0xff})
		}
		samePixels(t, frame, decoded(t, ok(t, "get", key, "--offset", "4", "--as", "image:2x2:RGB888")), 0)
		samePixels(t, frame, decoded(t, ok(t, "get", key, "--offset", "4", "--as", "image:2x2:Format_RGB888:8")), 0)
	})
}

// A frame that is too large to be printed from one copy of it as bytes is a picture all
// the same.
func TestGetLargePicture(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	const line, height = 32 << 10, 2100
	require.Greater(t, line*height, copyLimit)
	zeros(e, 6, key, line*height)
	header, err := png.DecodeConfig(strings.NewReader(ok(t, "get", key, "--as", "image:64x2100:RGB32:32768")))
	require.NoError(t, err)
	assert.Equal(t, image.Pt(64, height), image.Pt(header.Width, header.Height))
}

// What is put or published as a picture is what Qt programs share.
func TestPutPicture(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		picture := gradient(5, 3)
		name := filepath.Join(e.Work, "picture.png")
		file := pngOf(t, picture)
		require.NoError(t, os.WriteFile(name, file, 0o600))
		stream := "\x00\x00\x00\x01" + string(file)
		key := e.Name()
		peer := zeros(e, qt, key, 4096)
		content := func() string { return string(peer.Do("shm.read", "m", nil).Bytes()) }
		for _, args := range [][]string{{name}, {"--file", name}} {
			ok(t, append([]string{"put", key, "--as", "image", "--clear"}, args...)...)
			assert.Equal(t, stream, strings.TrimRight(content(), "\x00"))
		}
		require.Equal(t, result{}, doWith(t, string(file), "put", key, "--as", "image", "--file", "-"))
		for _, shape := range []string{"RGB32", "BGR888", "RGBA8888_Premultiplied", "RGB888:20"} {
			ok(t, "put", key, "--as", "image:5x3:"+shape, name, "--offset", "8")
			samePixels(t, picture, decoded(t, ok(t, "get", key, "--offset", "8", "--as", "image:5x3:"+shape)), 0)
		}
		other := e.Name()
		for as, want := range map[string]string{"image": stream, "image:5x3:Grayscale8": ""} {
			p := start(t, "publish", other, name, "--as", as, "--json")
			size := int(p.object()["size"].(float64))
			published := e.Verbs(qt)
			published.Do("shm.new", "m", peertest.Args{"key": other})
			published.Must("shm.attach", "m", nil)
			got := string(published.Do("shm.read", "m", nil).Bytes()[:size])
			if published.Must("shm.detach", "m", nil); want == "" {
				assert.Equal(t, 3*8, size, "lines of a multiple of 4 bytes")
				assert.Equal(t, color.GrayModel.Convert(picture.At(4, 2)).(color.Gray).Y, got[20])
			} else {
				assert.Equal(t, want, got)
			}
			p.signal(os.Interrupt)
			assert.Equal(t, exitOK, p.end().status)
		}
	})
}

// A watch shows each picture, and says of what is none that it is none.
func TestWatchPictures(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	first, second := pngOf(t, gradient(3, 3)), pngOf(t, gradient(4, 2))
	peer := zeros(e, 6, key, 4096)
	write := func(data string) {
		peer.Must("shm.lock", "m", nil)
		peer.Do("shm.write", "m", peertest.Args{"data": []byte(data)})
		peer.Must("shm.unlock", "m", nil)
	}
	write("no picture")
	r := do(t, "watch", key, "--as", "image", "--timeout", "200ms")
	assert.Equal(t, exitOK, r.status)
	assert.Contains(t, r.err, "there is no picture")
	assert.Empty(t, r.out)
	write(string(first))
	p := start(t, "watch", key, "--as", "image", "--count", "2")
	next := func(want []byte) {
		got := make([]byte, len(want))
		_, err := io.ReadFull(p.stdout, got)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	next(first)
	write("\x00\x00\x00\x01" + string(second))
	next(second)
	assert.Equal(t, exitOK, p.end().status)
}

func TestBadPictures(t *testing.T) {
	e := peertest.New(t)
	good := pngOf(t, gradient(4, 4))
	broken := slices.Clone(good)
	broken[len(broken)-20] ^= 0xff
	contents := map[string][]byte{
		"no picture":   []byte("\x1b]0;evil\x07\x1b[2J"),
		"null":         []byte("\x00\x00\x00\x00\x00\x00\x00\x00"),
		"checksum":     broken,
		"more than":    bomb(t, 1<<20, 1<<20),
		"cannot be in": bomb(t, 8000, 8000),
	}
	if hasKeyFiles { // elsewhere zeros up to a whole page come after
		contents["should have 44 bytes"] = good[:len(good)-30]
		contents["should begin at its byte 33"] = append([]byte(pictureMarkers[0]), good[:40]...)
	}
	for says, data := range contents {
		key := pictureSegment(e, 6, data)
		refused(t, exitUsage, says, "get", key, "--as", "image")
		r := do(t, "get", key, "--as", "image", "--graphics", "kitty")
		assert.NotContains(t, r.out+r.err, "\x1b")
		name := filepath.Join(e.Work, "bad.png")
		require.NoError(t, os.WriteFile(name, data, 0o600))
		before := ok(t, "get", key)
		r = do(t, "put", key, "--as", "image", name)
		assert.Equal(t, exitUsage, r.status, says)
		assert.Equal(t, before, ok(t, "get", key))
		refused(t, exitUsage, "picture", "publish", e.Name(), "--as", "image", name)
	}
	key := pictureSegment(e, 6, good[:60])
	name := filepath.Join(e.Work, "good.png")
	require.NoError(t, os.WriteFile(name, good, 0o600))
	bad := map[string][]string{
		"no format \"picture\"":      {"get", key, "--as", "picture"},
		"WIDTHxHEIGHT:FORMAT":        {"get", key, "--as", "image:4x4"},
		"BYTES-PER-LINE":             {"get", key, "--as", "image:"},
		"number of pixels":           {"get", key, "--as", "image:-4x4:RGB32"},
		"is no number of pixels":     {"get", key, "--as", "image:99999999999999999999x4:RGB32"},
		"is not one of [Indexed8":    {"get", key, "--as", "image:4x4:RGB31"},
		"4 pixels of RGB32 take 16":  {"get", key, "--as", "image:4x4:RGB32:15"},
		"nothing belongs behind hex": {"get", key, "--as", "hex:4"},
		"give --as image":            {"get", key, "--graphics", "sixel"},
		"no graphics":                {"get", key, "--as", "image", "--graphics", "crayons"},
		"contradict each other":      {"get", key, "--as", "image", "--format", "u8 x"},
		"no format \"hex\"":          {"put", key, "--as", "hex", "x"},
		"the frame 4 x 5":            {"put", key, "--as", "image:4x5:RGB32", name},
		"nothing to write":           {"put", key, "--as", "image"},
		"no such file":               {"put", key, "--as", "image", name + "x"},
		"--lines and --as":           {"publish", e.Name(), "--as", "image", "--lines"},
		"longer than --size":         {"publish", e.Name(), "--as", "image", "--size", "60", name},
	}
	if hasKeyFiles { // elsewhere a segment has whole pages
		bad["take 64 bytes, and there are 60"] = []string{"get", key, "--as", "image:4x4:RGB32"}
		bad["too long"] = []string{"put", key, "--as", "image", name}
		bad["too long: the"] = []string{"put", key, "--as", "image:4x4:RGB32", name}
	}
	for says, args := range bad {
		refused(t, exitUsage, says, args...)
		assert.Equal(t, paged(string(good[:60])), ok(t, "get", key), "%q", args)
	}
}
