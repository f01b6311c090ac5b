package picture

import (
	"image"
	"image/color"
	"image/draw"
)

// Frame is a raw picture: the bytes that QImage::bits() points to, or that a camera writes.
type Frame struct {
	Width, Height int
	// BytesPerLine is how far lines are apart: 0 for as far as Qt puts them, which is
	// Format.BytesPerLine(Width).
	BytesPerLine int
	Format       Format
	// Palette is QImage::colorTable() of Indexed8: 256 colours at most. An index beyond it
	// is transparent.
	Palette color.Palette
	// Data has all lines, the first pixel first. It may be longer. The last line may lack
	// what is after its pixels.
	Data []byte
}

// Size returns how many bytes Data must have at least.
func (f Frame) Size() (int, error) {
	_, size, err := f.shape()
	return size, err
}

// shape checks all but Data. Nothing here overflows: Width has been checked when it is
// multiplied, and the product of lines is made with 64 bits.
func (f Frame) shape() (bytesPerLine, size int, err error) {
	l := layouts[f.Format]
	if l == nil {
		return 0, 0, fail(opFrame, ErrFormat, -1, "%v is not one of %v", f.Format, Formats())
	}
	if f.Width <= 0 || f.Height <= 0 || f.Width > maxSide || f.Height > maxSide {
		return 0, 0, fail(opFrame, ErrShape, -1, "%d x %d pixels: both must be from 1 to %d", f.Width, f.Height, maxSide)
	}
	bytesPerLine = f.BytesPerLine
	if bytesPerLine == 0 {
		bytesPerLine = f.Format.BytesPerLine(f.Width)
	}
	line := f.Width * l.bytes
	if bytesPerLine < line {
		return 0, 0, fail(opFrame, ErrShape, -1, "%d bytes a line: %d pixels of %v take %d", bytesPerLine, f.Width, f.Format, line)
	}
	const maxInt = int(^uint(0) >> 1)
	if f.Height > 1 && bytesPerLine > (maxInt-line)/(f.Height-1) {
		return 0, 0, fail(opFrame, ErrShape, -1, "%d lines of %d bytes are more than any memory has", f.Height, bytesPerLine)
	}
	if f.Format == FormatIndexed8 && (len(f.Palette) == 0 || len(f.Palette) > 256) {
		return 0, 0, fail(opFrame, ErrShape, -1, "Indexed8 needs a palette of 1 to 256 colours, and this one has %d", len(f.Palette))
	}
	return bytesPerLine, (f.Height-1)*bytesPerLine + line, nil
}

// Image returns the picture over Data, without a copy: who writes to the one changes the
// other. It is an *image.NRGBA (RGBA8888), *image.RGBA (RGBA8888_Premultiplied),
// *image.Gray (Grayscale8) or *image.Paletted (Indexed8) where Go has the same layout, else
// a [*Pixels].
func (f Frame) Image() (draw.Image, error) {
	stride, size, err := f.shape()
	if err != nil {
		return nil, err
	}
	if len(f.Data) < size {
		return nil, fail(opFrame, ErrEnd, len(f.Data), "%d x %d pixels of %v in lines of %d bytes take %d bytes, and there are %d",
			f.Width, f.Height, f.Format, stride, size, len(f.Data))
	}
	pix, rect := f.Data[:size:size], image.Rect(0, 0, f.Width, f.Height)
	switch f.Format {
	case FormatRGBA8888:
		return &image.NRGBA{Pix: pix, Stride: stride, Rect: rect}, nil
	case FormatRGBA8888Premultiplied:
		return &image.RGBA{Pix: pix, Stride: stride, Rect: rect}, nil
	case FormatGrayscale8:
		return &image.Gray{Pix: pix, Stride: stride, Rect: rect}, nil
	case FormatIndexed8:
		return &image.Paletted{Pix: pix, Stride: stride, Rect: rect, Palette: full(f.Palette)}, nil
	}
	return &Pixels{Pix: pix, Stride: stride, Rect: rect, layout: layouts[f.Format]}, nil
}

// full is p with a colour for each byte, since image.Paletted panics where it has none.
func full(p color.Palette) color.Palette {
	all := append(make(color.Palette, 0, 256), p...)
	for len(all) < 256 {
		all = append(all, color.NRGBA{})
	}
	return all
}

// Draw writes src to Data, such that its upper left corner is the first pixel. It must have
// the size of f. Colours are converted as f's format needs it, to the nearest of the palette
// if it has one.
func (f Frame) Draw(src image.Image) error {
	dst, err := f.Image()
	if err != nil {
		return err
	}
	b := src.Bounds()
	if b.Dx() != f.Width || b.Dy() != f.Height {
		return fail(opFrame, ErrImage, -1, "the image has %d x %d pixels, and the frame %d x %d", b.Dx(), b.Dy(), f.Width, f.Height)
	}
	to, from := pixelsOf(dst), pixelsOf(src)
	if to == nil {
		drawPaletted(dst.(*image.Paletted), src, len(f.Palette))
		return nil
	}
	if from == nil {
		to.convert(src)
		return nil
	}
	to.copy(from)
	return nil
}

// drawPaletted keeps indices where both have the same colours. The colours after the first
// n are not the user's.
func drawPaletted(dst *image.Paletted, src image.Image, n int) {
	dst.Palette = dst.Palette[:n]
	b := src.Bounds()
	if p, ok := src.(*image.Paletted); ok && samePalette(p.Palette, dst.Palette) {
		for y := range b.Dy() {
			copy(dst.Pix[y*dst.Stride:][:b.Dx()], p.Pix[y*p.Stride:])
		}
		return
	}
	draw.Draw(dst, dst.Rect, src, b.Min, draw.Src)
}

// samePalette tells whether dst begins with all colours of src.
func samePalette(src, dst color.Palette) bool {
	if len(src) > len(dst) {
		return false
	}
	for i, c := range src {
		if c != dst[i] {
			return false
		}
	}
	return true
}
