package picture

import (
	"image"
	"image/color"
)

// Pixels is a picture over bytes of a layout that Go's package image has not. It is made by
// [Frame.Image].
type Pixels struct {
	Pix    []byte
	Stride int
	Rect   image.Rectangle
	layout *layout
}

// Bounds is that of [image.Image].
func (p *Pixels) Bounds() image.Rectangle { return p.Rect }

// Opaque tells whether the format has no alpha.
func (p *Pixels) Opaque() bool { return p.layout.opaque }

// ColorModel is that of [image.Image].
func (p *Pixels) ColorModel() color.Model {
	switch l := p.layout; {
	case l.grey:
		return color.Gray16Model
	case l.deep && (l.premultiplied || l.opaque):
		return color.RGBA64Model
	case l.deep:
		return color.NRGBA64Model
	case l.premultiplied || l.opaque:
		return color.RGBAModel
	}
	return color.NRGBAModel
}

// at returns the bytes of a pixel, or nil outside of the picture.
func (p *Pixels) at(x, y int) []byte {
	if !(image.Point{X: x, Y: y}).In(p.Rect) {
		return nil
	}
	i := (y-p.Rect.Min.Y)*p.Stride + (x-p.Rect.Min.X)*p.layout.bytes
	return p.Pix[i : i+p.layout.bytes : i+p.layout.bytes]
}

// At is that of [image.Image]: the colour as it is there, not multiplied if the format is not.
func (p *Pixels) At(x, y int) color.Color {
	b := p.at(x, y)
	var v pixel
	if b != nil {
		v = p.layout.load(b)
	}
	switch p.ColorModel() {
	case color.Gray16Model:
		return color.Gray16{Y: v.r}
	case color.RGBA64Model:
		return color.RGBA64{R: v.r, G: v.g, B: v.b, A: v.a}
	case color.NRGBA64Model:
		return color.NRGBA64{R: v.r, G: v.g, B: v.b, A: v.a}
	case color.RGBAModel:
		return color.RGBA{R: narrow(v.r), G: narrow(v.g), B: narrow(v.b), A: narrow(v.a)}
	}
	return color.NRGBA{R: narrow(v.r), G: narrow(v.g), B: narrow(v.b), A: narrow(v.a)}
}

// RGBA64At is that of [image.RGBA64Image].
func (p *Pixels) RGBA64At(x, y int) color.RGBA64 {
	b := p.at(x, y)
	if b == nil {
		return color.RGBA64{}
	}
	v := p.layout.load(b)
	if !p.layout.premultiplied {
		v = v.multiplied()
	}
	return color.RGBA64{R: v.r, G: v.g, B: v.b, A: v.a}
}

// Set is that of [image/draw.Image].
func (p *Pixels) Set(x, y int, c color.Color) {
	if b := p.at(x, y); b != nil {
		p.layout.store(b, p.layout.of(c))
	}
}

// SetRGBA64 is that of [image/draw.RGBA64Image].
func (p *Pixels) SetRGBA64(x, y int, c color.RGBA64) {
	if b := p.at(x, y); b != nil {
		p.layout.store(b, p.layout.fit(pixel{c.R, c.G, c.B, c.A}, true))
	}
}

// of is a colour as l has it: one that is not multiplied is not rounded.
func (l *layout) of(c color.Color) pixel {
	switch c := c.(type) {
	case color.NRGBA:
		return l.fit(pixel{wide(c.R), wide(c.G), wide(c.B), wide(c.A)}, false)
	case color.NRGBA64:
		return l.fit(pixel{c.R, c.G, c.B, c.A}, false)
	}
	r, g, b, a := c.RGBA()
	return l.fit(pixel{uint16(r), uint16(g), uint16(b), uint16(a)}, true)
}

// fit multiplies, or undoes it, if l has it otherwise. What has no alpha has the colours
// on black.
func (l *layout) fit(p pixel, multiplied bool) pixel {
	switch want := l.premultiplied || l.opaque; {
	case want && !multiplied:
		return p.multiplied()
	case !want && multiplied:
		return p.plain()
	}
	return p
}

// pixelsOf is an image of Go or of ours as Pixels, or nil if it is another one.
func pixelsOf(m image.Image) *Pixels {
	switch m := m.(type) {
	case *Pixels:
		return m
	case *image.NRGBA:
		return &Pixels{m.Pix, m.Stride, m.Rect, layouts[FormatRGBA8888]}
	case *image.RGBA:
		return &Pixels{m.Pix, m.Stride, m.Rect, layouts[FormatRGBA8888Premultiplied]}
	case *image.Gray:
		return &Pixels{m.Pix, m.Stride, m.Rect, layouts[FormatGrayscale8]}
	}
	return nil
}

// line is line y, from 0.
func (p *Pixels) line(y int) []byte { return p.Pix[y*p.Stride:][:p.Rect.Dx()*p.layout.bytes] }

// copy sets p to src, which has the same size.
func (p *Pixels) copy(src *Pixels) {
	to, from := p.layout, src.layout
	multiplied := from.premultiplied || from.opaque
	for y := range p.Rect.Dy() {
		out, in := p.line(y), src.line(y)
		switch {
		case to == from:
			copy(out, in)
		case swapped(to, from):
			for x := 0; x < len(in); x += 4 {
				out[x], out[x+1], out[x+2], out[x+3] = in[x+2], in[x+1], in[x], in[x+3]
			}
		default:
			for ; len(in) > 0; in, out = in[from.bytes:], out[to.bytes:] {
				to.store(out, to.fit(from.load(in), multiplied))
			}
		}
	}
}

// swapped tells whether two layouts differ but in the place of red and blue.
func swapped(a, b *layout) bool {
	is := func(x, y Format) bool {
		return a == layouts[x] && b == layouts[y] || a == layouts[y] && b == layouts[x]
	}
	return little && (is(FormatARGB32, FormatRGBA8888) || is(FormatARGB32Premultiplied, FormatRGBA8888Premultiplied))
}

// little tells whether this machine has the low byte first.
var little = native.Uint16([]byte{1, 0}) == 1

// convert sets p to any image of the same size.
func (p *Pixels) convert(src image.Image) {
	b, size := src.Bounds(), p.layout.bytes
	for y := range b.Dy() {
		out := p.line(y)
		for x := range b.Dx() {
			p.layout.store(out[x*size:], p.layout.of(src.At(b.Min.X+x, b.Min.Y+y)))
		}
	}
}
