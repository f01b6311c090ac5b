package picture

import "encoding/binary"

// pixel is a colour with 16 bits a channel, of which the layout says whether red, green and
// blue are multiplied by alpha.
type pixel struct{ r, g, b, a uint16 }

// layout is what is to know about a format.
type layout struct {
	name          string
	bytes         int
	premultiplied bool
	deep          bool // has more than 8 bits a channel
	grey          bool
	opaque        bool
	load          func(b []byte) pixel // nil where only a palette knows
	store         func(b []byte, p pixel)
}

var native = binary.NativeEndian

func wide(v byte) uint16   { return uint16(v) * 0x101 }
func narrow(v uint16) byte { return byte(v >> 8) }

// repeated is the low n bits of v as the high ones of a byte, and their beginning after them.
func repeated(v uint32, n int) uint16 {
	v &= 1<<n - 1
	return wide(byte(v<<(8-n) | v>>(2*n-8)))
}

// words makes a layout of 32 bits a pixel whose channels begin at these bits.
func words(l layout, red, blue int) *layout {
	opaque := l.opaque
	l.bytes = 4
	l.load = func(b []byte) pixel {
		v := native.Uint32(b)
		p := pixel{wide(byte(v >> red)), wide(byte(v >> 8)), wide(byte(v >> blue)), 0xffff}
		if !opaque {
			p.a = wide(byte(v >> 24))
		}
		return p
	}
	l.store = func(b []byte, p pixel) {
		alpha := uint32(0xff)
		if !opaque {
			alpha = uint32(narrow(p.a))
		}
		native.PutUint32(b, alpha<<24|uint32(narrow(p.r))<<red|uint32(narrow(p.g))<<8|uint32(narrow(p.b))<<blue)
	}
	return &l
}

// octets makes a layout of bytes that have the same order on every machine.
func octets(l layout, red, green, blue int) *layout {
	opaque := l.opaque
	l.load = func(b []byte) pixel {
		p := pixel{wide(b[red]), wide(b[green]), wide(b[blue]), 0xffff}
		if !opaque {
			p.a = wide(b[3])
		}
		return p
	}
	size := l.bytes
	l.store = func(b []byte, p pixel) {
		b[red], b[green], b[blue] = narrow(p.r), narrow(p.g), narrow(p.b)
		if size == 4 {
			b[3] = 0xff
			if !opaque {
				b[3] = narrow(p.a)
			}
		}
	}
	return &l
}

// sixteens makes a layout of 16 bits for each of four channels.
func sixteens(l layout) *layout {
	opaque := l.opaque
	l.bytes, l.deep = 8, true
	l.load = func(b []byte) pixel {
		p := pixel{native.Uint16(b), native.Uint16(b[2:]), native.Uint16(b[4:]), 0xffff}
		if !opaque {
			p.a = native.Uint16(b[6:])
		}
		return p
	}
	l.store = func(b []byte, p pixel) {
		native.PutUint16(b, p.r)
		native.PutUint16(b[2:], p.g)
		native.PutUint16(b[4:], p.b)
		if opaque {
			p.a = 0xffff
		}
		native.PutUint16(b[6:], p.a)
	}
	return &l
}

// packed makes a layout of 16 bits a pixel, with five of them for red and blue.
func packed(name string, green int) *layout {
	return &layout{name: name, bytes: 2, opaque: true,
		load: func(b []byte) pixel {
			v := uint32(native.Uint16(b))
			return pixel{repeated(v>>(5+green), 5), repeated(v>>5, green), repeated(v, 5), 0xffff}
		},
		store: func(b []byte, p pixel) {
			native.PutUint16(b, p.r>>11<<(5+green)|p.g>>(16-green)<<5|p.b>>11)
		},
	}
}

// luminance has the weights of Go's color package.
func luminance(p pixel) uint16 {
	return uint16((19595*uint32(p.r) + 38470*uint32(p.g) + 7471*uint32(p.b) + 1<<15) >> 16)
}

var layouts = map[Format]*layout{
	FormatIndexed8:              {name: "Indexed8", bytes: 1},
	FormatRGB32:                 words(layout{name: "RGB32", opaque: true}, 16, 0),
	FormatARGB32:                words(layout{name: "ARGB32"}, 16, 0),
	FormatARGB32Premultiplied:   words(layout{name: "ARGB32_Premultiplied", premultiplied: true}, 16, 0),
	FormatRGB16:                 packed("RGB16", 6),
	FormatRGB555:                packed("RGB555", 5),
	FormatRGB888:                octets(layout{name: "RGB888", bytes: 3, opaque: true}, 0, 1, 2),
	FormatRGBX8888:              octets(layout{name: "RGBX8888", bytes: 4, opaque: true}, 0, 1, 2),
	FormatRGBA8888:              octets(layout{name: "RGBA8888", bytes: 4}, 0, 1, 2),
	FormatRGBA8888Premultiplied: octets(layout{name: "RGBA8888_Premultiplied", bytes: 4, premultiplied: true}, 0, 1, 2),
	FormatGrayscale8: {name: "Grayscale8", bytes: 1, opaque: true, grey: true,
		load:  func(b []byte) pixel { y := wide(b[0]); return pixel{y, y, y, 0xffff} },
		store: func(b []byte, p pixel) { b[0] = narrow(luminance(p)) }},
	FormatRGBX64:              sixteens(layout{name: "RGBX64", opaque: true}),
	FormatRGBA64:              sixteens(layout{name: "RGBA64"}),
	FormatRGBA64Premultiplied: sixteens(layout{name: "RGBA64_Premultiplied", premultiplied: true}),
	FormatGrayscale16: {name: "Grayscale16", bytes: 2, opaque: true, grey: true, deep: true,
		load:  func(b []byte) pixel { y := native.Uint16(b); return pixel{y, y, y, 0xffff} },
		store: func(b []byte, p pixel) { native.PutUint16(b, luminance(p)) }},
	FormatBGR888: octets(layout{name: "BGR888", bytes: 3, opaque: true}, 2, 1, 0),
}

// multiplied is p with its colours multiplied by alpha, and plain the opposite.
func (p pixel) multiplied() pixel {
	if p.a == 0xffff {
		return p
	}
	a := uint32(p.a)
	return pixel{uint16(uint32(p.r) * a / 0xffff), uint16(uint32(p.g) * a / 0xffff), uint16(uint32(p.b) * a / 0xffff), p.a}
}

func (p pixel) plain() pixel {
	if p.a == 0xffff || p.a == 0 {
		return p
	}
	a := uint32(p.a)
	up := func(v uint16) uint16 { return uint16(min(uint32(v), a) * 0xffff / a) }
	return pixel{up(p.r), up(p.g), up(p.b), p.a}
}
