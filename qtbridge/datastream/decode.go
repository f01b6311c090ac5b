package datastream

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"net/url"
	"reflect"
	"time"
	"unsafe"

	"qtinterop/native"
)

// decoder takes the values that native.ReadStream gives. What it reads was made by us, so
// it is not checked again but for what Go has not.
type decoder struct {
	in      []byte
	at      int
	message []byte // that pictures are in
	isForm  bool   // pictures in a QVariant stay PNGs
}

func (d *decoder) take(n int) []byte {
	d.at += n
	return d.in[d.at-n : d.at]
}

func (d *decoder) tag() byte    { return d.take(1)[0] }
func (d *decoder) u16() uint16  { return binary.LittleEndian.Uint16(d.take(2)) }
func (d *decoder) u32() uint32  { return binary.LittleEndian.Uint32(d.take(4)) }
func (d *decoder) u64() uint64  { return binary.LittleEndian.Uint64(d.take(8)) }
func (d *decoder) f64() float64 { return math.Float64frombits(d.u64()) }

// value sets what is at p, which is one of n, to the next value.
func (d *decoder) value(p unsafe.Pointer, n *node) *Error {
	switch n.do {
	case doTuple:
		for i := range n.fields {
			f := &n.fields[i]
			if err := d.value(unsafe.Add(p, f.offset), f.node); err != nil {
				return err.in("." + f.name)
			}
		}
		return nil
	case doArray:
		return d.elements(p, n.length, n.elem)
	}
	d.tag() // that of n
	return d.content(p, n)
}

// content is a value after its tag.
func (d *decoder) content(p unsafe.Pointer, n *node) *Error {
	switch n.do {
	case doBool:
		*(*bool)(p) = d.tag() != 0
	case doCopy1:
		*(*byte)(p) = d.tag()
	case doCopy2:
		*(*uint16)(p) = d.u16()
	case doCopy4:
		*(*uint32)(p) = d.u32()
	case doCopy8:
		*(*uint64)(p) = d.u64()
	case doFloat32:
		f := d.f64()
		if reflect.TypeFor[float32]().OverflowFloat(f) {
			return fail(ErrValue, "%v is beyond a %v", f, n.typ)
		}
		*(*float32)(p) = float32(f)
	case doFloat64:
		*(*float64)(p) = d.f64()
	case doText:
		return d.textInto((*string)(p))
	case doBytes:
		d.bytesInto((*[]byte)(p))
	case doList:
		return d.list((*slice)(p), n)
	case doMap:
		return n.maps.fill(d, p, n, int(d.u32()))
	case doAny:
		value, err := d.variant()
		*(*any)(p) = value
		return err
	case doVariant:
		return d.variantInto(reflect.NewAt(n.typ, p).Elem())
	default:
		return d.leaf(p, n)
	}
	return nil
}

func (d *decoder) list(s *slice, n *node) *Error {
	length := int(d.u32())
	if s.data == nil || s.cap < length {
		reflect.NewAt(n.typ, unsafe.Pointer(s)).Elem().Set(reflect.MakeSlice(n.typ, length, length))
	} else if s.len < length { // what is behind the elements can be of one of them as well
		list, had := reflect.NewAt(n.typ, unsafe.Pointer(s)).Elem(), s.len
		list.SetLen(length)
		list.Slice(had, length).Clear()
	}
	s.len = length
	return d.elements(s.data, length, n.elem)
}

func (d *decoder) elements(p unsafe.Pointer, length int, elem *node) *Error {
	size := elem.typ.Size()
	for i := range length {
		if err := d.value(unsafe.Add(p, uintptr(i)*size), elem); err != nil {
			return err.in(fmt.Sprintf("[%d]", i))
		}
	}
	return nil
}

// leaf sets what is at p to a value without parts, after its tag, that is not of the
// commonest types.
func (d *decoder) leaf(p unsafe.Pointer, n *node) *Error {
	switch tag := n.tag; tag {
	case native.StreamChar:
		*(*rune)(p) = rune(d.u16())
	case native.StreamString:
		*(**string)(p) = nil
		if binary.LittleEndian.Uint32(d.in[d.at:]) == native.StreamNullSize {
			d.take(4)
			return nil
		}
		text, err := d.text()
		*(**string)(p) = &text
		return err
	case native.StreamURL:
		return d.url(p, n.typ)
	case native.StreamImage, native.StreamPixmap, native.StreamBitmap:
		if n.typ.Kind() == reflect.Slice {
			d.pngInto((*[]byte)(p))
			return nil
		}
		m, err := d.picture(tag)
		*(*image.Image)(p) = m
		return err
	case native.StreamUUID:
		copy((*UUID)(p)[:], d.take(16))
	case native.StreamBits:
		*(*[]bool)(p) = d.bits()
	case native.StreamDate:
		day := int64(d.u64())
		date, ok := dateOf(day)
		if !ok {
			return fail(ErrValue, "the julian day %d is beyond what Go counts", day)
		}
		*(*Date)(p) = date
	case native.StreamTime:
		*(*Time)(p) = timeOf(int32(d.u32()))
	case native.StreamDateTime:
		return d.dateTime((*time.Time)(p))
	case native.StreamRect:
		x1, y1, x2, y2 := int32(d.u32()), int32(d.u32()), int32(d.u32()), int32(d.u32())
		*(*Rect)(p) = Rect{x1, y1, x2 - x1 + 1, y2 - y1 + 1}
	case native.StreamSize, native.StreamPoint, native.StreamLine:
		to := unsafe.Slice((*uint32)(p), n.typ.Size()/4)
		for i := range to {
			to[i] = d.u32()
		}
	case native.StreamSizeF, native.StreamPointF, native.StreamRectF, native.StreamLineF:
		to := unsafe.Slice((*float64)(p), n.typ.Size()/8)
		for i := range to {
			to[i] = d.f64()
		}
	default:
		if isBytesTag(tag) {
			*(*string)(p) = string(d.bytes())
			return nil
		}
		return d.integer(reflect.NewAt(n.typ, p).Elem(), tag)
	}
	return nil
}

func timeOf(ms int32) Time {
	if ms < 0 {
		return -1
	}
	return Time(time.Duration(ms) * time.Millisecond)
}

func (d *decoder) integer(v reflect.Value, tag byte) *Error {
	size := integerSize(tag)
	var n uint64
	for i, b := range d.take(size) {
		n |= uint64(b) << (8 * i)
	}
	signed := int64(n << (64 - 8*size) >> (64 - 8*size))
	if isSignedTag(tag) {
		signed = int64(n<<(64-8*size)) >> (64 - 8*size)
	}
	negative := isSignedTag(tag) && signed < 0
	if isSigned(v.Kind()) {
		if !isSignedTag(tag) && n > math.MaxInt64 || v.OverflowInt(signed) {
			return fail(ErrValue, "%d is beyond a %v", n, v.Type())
		}
		v.SetInt(signed)
		return nil
	}
	if negative || v.OverflowUint(n) {
		return fail(ErrValue, "%d is beyond a %v", signed, v.Type())
	}
	v.SetUint(n)
	return nil
}

func (d *decoder) text() (text string, err *Error) {
	err = d.textInto(&text)
	return text, err
}

// textInto leaves a text that is the same as it is: a program that reads its settings again
// and again allocates what has changed.
func (d *decoder) textInto(to *string) *Error {
	switch n := d.u32(); n {
	case native.StreamNullSize:
		*to = ""
	case native.StreamNoText:
		return fail(ErrValue, "the QChar %d is half of a pair, so that the QString is no text; a []qt:\"QChar\" has it, or another version or type is meant", d.u32())
	default:
		if b := d.take(int(n)); *to != string(b) {
			*to = string(b)
		}
	}
	return nil
}

// bytes are nil if they are null.
func (d *decoder) bytes() (b []byte) {
	d.bytesInto(&b)
	return b
}

func (d *decoder) bytesInto(to *[]byte) {
	n := d.u32()
	if n == native.StreamNullSize {
		*to = nil
		return
	}
	*to = append([]byte{}, d.take(int(n))...)
}

func (d *decoder) url(p unsafe.Pointer, t reflect.Type) *Error {
	text := string(d.bytes())
	if t.Kind() == reflect.String {
		*(*string)(p) = text
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		e := fail(ErrValue, "the QUrl %.80q is none for Go: a string with the tag qt:\"QUrl\" has it", text)
		e.Err = err
		return e
	}
	if t.Kind() == reflect.Pointer {
		*(**url.URL)(p) = u
	} else {
		*(*url.URL)(p) = *u
	}
	return nil
}

func (d *decoder) bits() []bool {
	n := int(d.u32())
	bits := make([]bool, n)
	for i, b := range d.take((n + 7) / 8) {
		for j := range min(8, n-8*i) {
			bits[8*i+j] = b>>j&1 != 0
		}
	}
	return bits
}

func (d *decoder) dateTime(t *time.Time) *Error {
	day, ms, spec, seconds := int64(d.u64()), int32(d.u32()), d.tag(), int(int32(d.u32()))
	id := string(d.take(int(d.u32())))
	if day == nullJulianDay {
		*t = time.Time{}
		return nil
	}
	midnight, ok := midnightOf(day)
	if !ok {
		return fail(ErrValue, "the julian day %d is beyond what Go counts", day)
	}
	if ms < 0 {
		ms = 0
	}
	clock := time.Duration(ms) * time.Millisecond
	zone := time.UTC
	switch spec {
	case localTime:
		zone = time.Local
	case offsetFromUTC:
		zone = time.FixedZone("", seconds)
	case timeZone:
		var err error
		if zone, err = time.LoadLocation(id); err != nil {
			zone = time.FixedZone(id, seconds)
		}
	}
	*t = time.Date(midnight.Year(), midnight.Month(), midnight.Day(),
		int(clock/time.Hour), int(clock/time.Minute)%60, int(clock/time.Second)%60, int(clock%time.Second), zone)
	return nil
}
