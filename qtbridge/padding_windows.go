package qtbridge

// page is what the sizes of segments are multiples of.
const page = 4096

// unpadded is data without the zeros, in characters of width bytes, that fill the
// last page of a segment. One character of that page is text: else there would be
// one page less.
func unpadded(data []byte, width int) []byte {
	if len(data) == 0 || len(data)%page != 0 {
		return data
	}
	for end := len(data); end > len(data)-page+width; end -= width {
		if !isZero(data[end-width : end]) {
			return data[:end]
		}
	}
	return data[:len(data)-page+width]
}
