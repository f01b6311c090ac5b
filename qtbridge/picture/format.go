package picture

import (
	"fmt"
	"slices"
)

// Format is how the bytes of a [Frame] are meant, with the numbers of QImage::Format.
type Format int

// The formats of QImage that are known here. In those of 16, 32 and 64 bits a pixel the
// bytes have this machine's order, as with Qt: ARGB32 is B, G, R, A on all that are usual.
const (
	FormatIndexed8              Format = 3
	FormatRGB32                 Format = 4
	FormatARGB32                Format = 5
	FormatARGB32Premultiplied   Format = 6
	FormatRGB16                 Format = 7
	FormatRGB555                Format = 11
	FormatRGB888                Format = 13
	FormatRGBX8888              Format = 16
	FormatRGBA8888              Format = 17
	FormatRGBA8888Premultiplied Format = 18
	FormatGrayscale8            Format = 24
	FormatRGBX64                Format = 25
	FormatRGBA64                Format = 26
	FormatRGBA64Premultiplied   Format = 27
	FormatGrayscale16           Format = 28
	FormatBGR888                Format = 29
)

// Formats returns all formats that are known here.
func Formats() []Format {
	all := make([]Format, 0, len(layouts))
	for f := range layouts {
		all = append(all, f)
	}
	slices.Sort(all)
	return all
}

// String returns Qt's name without its Format_, as "ARGB32_Premultiplied".
func (f Format) String() string {
	if l := layouts[f]; l != nil {
		return l.name
	}
	return fmt.Sprintf("format %d", int(f))
}

// ParseFormat is the opposite of [Format.String].
func ParseFormat(name string) (Format, error) {
	for f, l := range layouts {
		if l.name == name {
			return f, nil
		}
	}
	return 0, &Error{Op: opFrame, Code: ErrFormat, Offset: -1, Msg: fmt.Sprintf("%q is not one of %v", name, Formats())}
}

// BytesPerPixel returns how many bytes a pixel has; 0 if f is not known.
func (f Format) BytesPerPixel() int {
	if l := layouts[f]; l != nil {
		return l.bytes
	}
	return 0
}

// BytesPerLine returns how many bytes a line of width pixels has in a QImage that Qt has
// allocated: a multiple of four. It is 0 if f is not known or no line can be that wide.
func (f Format) BytesPerLine(width int) int {
	bytes := f.BytesPerPixel()
	if bytes == 0 || width <= 0 || width > maxSide {
		return 0
	}
	return (width*bytes + 3) &^ 3
}

// maxSide is the most pixels in a line and the most lines: Qt has an int for the bytes.
const maxSide = (1<<31 - 1) / 8
