package layout

import "unsafe"

// encode writes the Go value at v into data, which is long enough and zero.
func (p *program) encode(data []byte, v unsafe.Pointer) *Error {
	data = data[:p.size]
	for i := range p.ops {
		o := &p.ops[i]
		from := unsafe.Add(v, o.to)
		switch o.do {
		case doCopy1:
			data[o.at] = *(*uint8)(from)
		case doCopy2:
			*(*[2]byte)(data[o.at:]) = *(*[2]byte)(from)
		case doCopy4:
			*(*[4]byte)(data[o.at:]) = *(*[4]byte)(from)
		case doCopy8:
			*(*[8]byte)(data[o.at:]) = *(*[8]byte)(from)
		case doCopy:
			copy(data[o.at:], unsafe.Slice((*byte)(from), o.count*o.size))
		default:
			for e := range o.count {
				if err := o.encodeElem(data[o.at+e*o.size:], o.goElem(v, e)); err != nil {
					return err.within(o.elem(e), o.at+e*o.size)
				}
			}
		}
	}
	for i := range p.sums {
		s := &p.sums[i]
		put(data[s.at:], s.size, s.big, s.of(data))
	}
	return nil
}

func (o *op) encodeElem(data []byte, from unsafe.Pointer) *Error {
	switch o.do {
	case doInteger, doSwap:
		n := fetch(from, o.goSize, o.signed)
		if !fitsBits(n, 8*o.size, o.signed) {
			return o.tooLarge(n)
		}
		put(data, o.size, o.big, n)
	case doBool:
		data[0] = boolByte(from)
	case doBits:
		return o.encodeBits(data, from)
	case doText:
		return o.text.encode(data[:o.size], *(*string)(from))
	case doStruct:
		return o.inner.encode(data, from)
	}
	return nil
}

func (o *op) encodeBits(data []byte, from unsafe.Pointer) *Error {
	var n uint64
	if o.member.kind == kindBool {
		n = uint64(boolByte(from))
	} else {
		n = fetch(from, o.goSize, o.signed)
	}
	if !fitsBits(n, o.bits, o.signed) {
		return o.tooLarge(n)
	}
	storeBits(data, o.bit, o.bits, o.big, n)
	return nil
}

func boolByte(from unsafe.Pointer) byte {
	if *(*bool)(from) {
		return 1
	}
	return 0
}

func (o *op) tooLarge(n uint64) *Error {
	if o.signed {
		return valueError(opEncode, "", 0, "%d does not fit %s", int64(n), o.member)
	}
	return valueError(opEncode, "", 0, "%d does not fit %s", n, o.member)
}

// put writes the low size bytes of n.
func put(data []byte, size int, big bool, n uint64) {
	for i := range size {
		if big {
			data[size-1-i] = byte(n >> (8 * i))
		} else {
			data[i] = byte(n >> (8 * i))
		}
	}
}
