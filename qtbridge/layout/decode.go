package layout

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// decode fills the Go value at v from data, which is long enough.
func (p *program) decode(data []byte, v unsafe.Pointer) *Error {
	data = data[:p.size]
	for i := range p.ops {
		o := &p.ops[i]
		to := unsafe.Add(v, o.to)
		switch o.do {
		case doCopy1:
			*(*uint8)(to) = data[o.at]
		case doCopy2:
			*(*[2]byte)(to) = [2]byte(data[o.at:])
		case doCopy4:
			*(*[4]byte)(to) = [4]byte(data[o.at:])
		case doCopy8:
			*(*[8]byte)(to) = [8]byte(data[o.at:])
		case doCopy:
			copy(unsafe.Slice((*byte)(to), o.count*o.size), data[o.at:])
		case doBits:
			o.decodeBits(data[o.at:], to)
		default:
			for e := range o.count {
				if err := o.decodeElem(data[o.at+e*o.size:], o.goElem(v, e)); err != nil {
					return err.within(o.elem(e), o.at+e*o.size)
				}
			}
		}
	}
	return p.checkSums(data)
}

func (o *op) decodeElem(data []byte, to unsafe.Pointer) *Error {
	switch o.do {
	case doInteger, doSwap:
		store(to, o.goSize, extend(load(data, o.size, o.big), 8*o.size, o.signed))
	case doBool:
		if data[0] > 1 {
			return valueError(opDecode, "", 0, "%#02x is no bool; is the layout that of the data?", data[0])
		}
		*(*bool)(to) = data[0] == 1
	case doText:
		return o.text.decode(data[:o.size], (*string)(to))
	case doStruct:
		return o.inner.decode(data, to)
	}
	return nil
}

func (o *op) decodeBits(data []byte, to unsafe.Pointer) {
	var n uint64
	if o.bit+o.bits <= 8 && !o.big {
		n = uint64(data[0]>>o.bit) & (1<<o.bits - 1)
	} else {
		n = loadBits(data, o.bit, o.bits, o.big)
	}
	if o.member.kind == kindBool {
		*(*bool)(to) = n == 1
		return
	}
	store(to, o.goSize, extend(n, o.bits, o.signed))
}

func (p *program) checkSums(data []byte) *Error {
	for i := range p.sums {
		s := &p.sums[i]
		want := s.of(data)
		if have := load(data[s.at:], s.size, s.big); have != want {
			err := valueError(opDecode, s.name, s.at, "%#x, but the data has %#x: it was changed meanwhile, or the layout or the checksum is another one", have, want)
			err.Code = ErrSum
			return err
		}
	}
	return nil
}

// of computes the checksum of data.
func (s *sumOp) of(data []byte) uint64 {
	return s.sum(data[:s.at:s.at], data[s.at+s.size:]) & (^uint64(0) >> (64 - 8*s.size))
}

// load is the number of size bytes at the start of data.
func load(data []byte, size int, big bool) uint64 {
	var n uint64
	switch size {
	case 1:
		return uint64(data[0])
	case 2:
		n = uint64(binary.LittleEndian.Uint16(data))
	case 4:
		n = uint64(binary.LittleEndian.Uint32(data))
	default:
		n = binary.LittleEndian.Uint64(data)
	}
	if big {
		n = bits.ReverseBytes64(n) >> (64 - 8*size)
	}
	return n
}

// extend is the number of some bits, with a sign if it is signed, in all 64.
func extend(n uint64, size int, signed bool) uint64 {
	if !signed || size == 0 {
		return n
	}
	shift := 64 - size
	return uint64(int64(n<<shift) >> shift)
}

// store stores the low bytes of n in a Go integer of size bytes.
func store(to unsafe.Pointer, size uintptr, n uint64) {
	switch size {
	case 1:
		*(*uint8)(to) = uint8(n)
	case 2:
		*(*uint16)(to) = uint16(n)
	case 4:
		*(*uint32)(to) = uint32(n)
	default:
		*(*uint64)(to) = n
	}
}

// loadBits is the number in count bits from bit at on. Bits are counted from the low one
// of a byte up, or in the big order from the high one down.
func loadBits(data []byte, at, count int, big bool) uint64 {
	var n uint64
	for done := 0; done < count; {
		b, take := data[(at+done)/8], min(8-(at+done)%8, count-done)
		if big {
			b <<= (at + done) % 8
			n = n<<take | uint64(b>>(8-take))
		} else {
			b >>= (at + done) % 8
			n |= uint64(b&(1<<take-1)) << done
		}
		done += take
	}
	return n
}

// storeBits is the reverse of loadBits.
func storeBits(data []byte, at, count int, big bool, n uint64) {
	for done := 0; done < count; {
		in := (at + done) % 8
		take := min(8-in, count-done)
		mask := byte(1<<take - 1)
		b, shift := byte(n>>done), in
		if big {
			b, shift = byte(n>>(count-done-take)), 8-in-take
		}
		data[(at+done)/8] = data[(at+done)/8]&^(mask<<shift) | b&mask<<shift
		done += take
	}
}

// fetch is a Go integer of size bytes, in all 64 bits.
func fetch(from unsafe.Pointer, size uintptr, signed bool) uint64 {
	var n uint64
	switch size {
	case 1:
		n = uint64(*(*uint8)(from))
	case 2:
		n = uint64(*(*uint16)(from))
	case 4:
		n = uint64(*(*uint32)(from))
	default:
		n = *(*uint64)(from)
	}
	return extend(n, 8*int(size), signed)
}

// fitsBits tells whether n, in all 64 bits, is a number of size bits.
func fitsBits(n uint64, size int, signed bool) bool {
	if !signed {
		return bits.Len64(n) <= size
	}
	return size > 0 && extend(n&(^uint64(0)>>(64-size)), size, true) == n
}
