package datastream

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"net/url"
	"reflect"
	"time"
	"unicode/utf8"
	"unsafe"

	"qtinterop/native"
)

// maxDepth is how many containers may be within each other, here as in package native.
const maxDepth = 200

// encoder makes the values that native.WriteStream takes.
type encoder struct {
	out   []byte
	depth int
	ranks []rank // of the maps that it is in
	keys  []string
	spare []rank
}

func (e *encoder) u16(n uint16)  { e.out = binary.LittleEndian.AppendUint16(e.out, n) }
func (e *encoder) u32(n uint32)  { e.out = binary.LittleEndian.AppendUint32(e.out, n) }
func (e *encoder) u64(n uint64)  { e.out = binary.LittleEndian.AppendUint64(e.out, n) }
func (e *encoder) f64(f float64) { e.u64(math.Float64bits(f)) }

// length writes the number of elements of something.
func (e *encoder) length(n int) *Error {
	if n >= math.MaxInt32 {
		return fail(ErrValue, "%d elements; Qt 5 counts to %d", n, math.MaxInt32)
	}
	e.u32(uint32(n))
	return nil
}

// slice is how Go has a slice in memory.
type slice struct {
	data     unsafe.Pointer
	len, cap int
}

// value appends the value at p, which is one of n.
func (e *encoder) value(p unsafe.Pointer, n *node) *Error {
	switch n.do {
	case doTuple:
		for i := range n.fields {
			f := &n.fields[i]
			if err := e.value(unsafe.Add(p, f.offset), f.node); err != nil {
				return err.in("." + f.name)
			}
		}
		return nil
	case doArray:
		return e.elements(p, n.length, n.elem)
	}
	switch n.do {
	case doBool, doCopy1:
		e.out = append(e.out, n.tag, *(*byte)(p))
	case doCopy2:
		e.out = append(e.out, n.tag)
		e.u16(*(*uint16)(p))
	case doCopy4:
		e.out = append(e.out, n.tag)
		e.u32(*(*uint32)(p))
	case doCopy8:
		e.out = append(e.out, n.tag)
		e.u64(*(*uint64)(p))
	case doFloat32:
		e.real(n.tag, float64(*(*float32)(p)))
	case doFloat64:
		e.real(n.tag, *(*float64)(p))
	case doText:
		return e.text(*(*string)(p))
	default:
		e.out = append(e.out, n.tag)
		return e.rest(p, n)
	}
	return nil
}

func (e *encoder) real(tag byte, f float64) {
	e.out = append(e.out, tag)
	e.f64(f)
}

// rest is what comes after the tag.
func (e *encoder) rest(p unsafe.Pointer, n *node) *Error {
	switch n.do {
	case doBytes:
		return e.bytes(*(*[]byte)(p))
	case doList:
		s := (*slice)(p)
		if err := e.length(s.len); err != nil {
			return err
		}
		return e.elements(s.data, s.len, n.elem)
	case doMap:
		return e.mapOf(p, n)
	case doAny:
		return e.variant(*(*any)(p))
	case doVariant:
		return e.variantOf(reflect.NewAt(n.typ, p).Elem())
	default:
		return e.leaf(p, n)
	}
}

func (e *encoder) elements(p unsafe.Pointer, length int, elem *node) *Error {
	size := elem.typ.Size()
	for i := range length {
		if err := e.value(unsafe.Add(p, uintptr(i)*size), elem); err != nil {
			return err.in(fmt.Sprintf("[%d]", i))
		}
	}
	return nil
}

// mapOf writes the elements in the order in which the Qt of this program has them: by
// their keys, with Qt 5 from the last one to the first.
func (e *encoder) mapOf(p unsafe.Pointer, n *node) *Error {
	firstKey := len(e.keys)
	set := n.maps.pairs(e, p)
	if err := e.length(set.len); err != nil {
		return err
	}
	firstRank := len(e.ranks)
	order := e.order(set, n.key)
	keySize, valueSize := n.key.typ.Size(), n.elem.typ.Size()
	for i := range order {
		key := unsafe.Add(set.keys, uintptr(order[i].at)*keySize)
		if err := e.value(key, n.key); err != nil {
			return err.in(fmt.Sprintf("[key %v]", reflect.NewAt(n.key.typ, key).Elem()))
		}
		if err := e.value(unsafe.Add(set.values, uintptr(order[i].at)*valueSize), n.elem); err != nil {
			return err.in(fmt.Sprintf("[%#v]", reflect.NewAt(n.key.typ, key).Elem()))
		}
	}
	e.ranks = e.ranks[:firstRank]
	clear(e.keys[firstKey:])
	e.keys = e.keys[:firstKey]
	return nil
}

// leaf appends a value without parts, after its tag, that is not of the commonest types.
func (e *encoder) leaf(p unsafe.Pointer, n *node) *Error {
	switch tag := n.tag; tag {
	case native.StreamChar:
		return e.char(*(*rune)(p))
	case native.StreamString:
		if s := *(**string)(p); s != nil {
			e.out = e.out[:len(e.out)-1]
			return e.text(*s)
		}
		e.u32(native.StreamNullSize)
	case native.StreamURL:
		return e.string(urlText(p, n.typ))
	case native.StreamImage, native.StreamPixmap, native.StreamBitmap:
		if n.typ.Kind() == reflect.Slice {
			return e.bytes(*(*[]byte)(p))
		}
		return e.picture(*(*image.Image)(p))
	case native.StreamUUID:
		e.out = append(e.out, (*UUID)(p)[:]...)
	case native.StreamBits:
		return e.bits(*(*[]bool)(p))
	case native.StreamDate:
		return e.date(*(*Date)(p))
	case native.StreamTime:
		return e.time(*(*Time)(p))
	case native.StreamDateTime:
		return e.dateTime(*(*time.Time)(p))
	case native.StreamRect:
		r := *(*Rect)(p) // in Qt it is its corners
		for _, n := range [...]int32{r.X, r.Y, r.X + r.Width - 1, r.Y + r.Height - 1} {
			e.u32(uint32(n))
		}
	case native.StreamSize, native.StreamPoint, native.StreamLine:
		for _, n := range unsafe.Slice((*uint32)(p), n.typ.Size()/4) {
			e.u32(n)
		}
	case native.StreamSizeF, native.StreamPointF, native.StreamRectF, native.StreamLineF:
		for _, f := range unsafe.Slice((*float64)(p), n.typ.Size()/8) {
			e.f64(f)
		}
	default:
		if isBytesTag(tag) {
			return e.string(*(*string)(p))
		}
		return e.integer(reflect.NewAt(n.typ, p).Elem(), tag)
	}
	return nil
}

func urlText(p unsafe.Pointer, t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return *(*string)(p)
	case reflect.Pointer:
		if u := *(**url.URL)(p); u != nil {
			return u.String()
		}
		return ""
	}
	return (*url.URL)(p).String()
}

func isFloat(k reflect.Kind) bool { return k == reflect.Float32 || k == reflect.Float64 }

// integerSize is the bytes of an integer type.
func integerSize(tag byte) int { return 1 << ((tag - native.StreamInt8) / 2) }

func isSignedTag(tag byte) bool { return (tag-native.StreamInt8)%2 == 0 }

func (e *encoder) integer(v reflect.Value, tag byte) *Error {
	size := integerSize(tag)
	var n uint64
	fits := false
	if isSigned(v.Kind()) {
		n = uint64(v.Int())
		fits = isSignedTag(tag) && v.Int() == v.Int()<<(64-8*size)>>(64-8*size) || !isSignedTag(tag) && v.Int() >= 0 && n == n<<(64-8*size)>>(64-8*size)
	} else {
		n = v.Uint()
		bits := 8 * size
		if isSignedTag(tag) {
			bits--
		}
		fits = bits == 64 || n>>bits == 0
	}
	if !fits {
		return fail(ErrValue, "%v is beyond a %s", v, tagNames()[tag])
	}
	for range size {
		e.out = append(e.out, byte(n))
		n >>= 8
	}
	return nil
}

func (e *encoder) char(r rune) *Error {
	if r < 0 || r > 0xFFFF {
		return fail(ErrValue, "%#U is two QChars, and not one", r)
	}
	e.u16(uint16(r))
	return nil
}

// text appends a QString with its tag.
func (e *encoder) text(s string) *Error {
	if !isASCII(s) && !utf8.ValidString(s) {
		return fail(ErrValue, "%.40q is not UTF-8, which Go has text in; is it a QByteArray?", s)
	}
	if len(s) > math.MaxInt32/2 {
		return fail(ErrValue, "a text of %d bytes; up to %d can be written", len(s), math.MaxInt32/2)
	}
	e.out = append(e.out, native.StreamString)
	e.u32(uint32(len(s)))
	e.out = append(e.out, s...)
	return nil
}

// isASCII is what most texts are, and takes less time to tell than utf8.ValidString.
func isASCII(s string) bool {
	const high = 0x8080808080808080
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	all := uint64(0)
	if len(b) < 8 {
		for _, c := range b {
			all |= uint64(c)
		}
		return all&high == 0
	}
	all = binary.NativeEndian.Uint64(b[len(b)-8:])
	for len(b) >= 32 {
		all |= binary.NativeEndian.Uint64(b) | binary.NativeEndian.Uint64(b[8:]) | binary.NativeEndian.Uint64(b[16:]) | binary.NativeEndian.Uint64(b[24:])
		b = b[32:]
	}
	for len(b) >= 8 {
		all |= binary.NativeEndian.Uint64(b)
		b = b[8:]
	}
	return all&high == 0
}

func (e *encoder) string(s string) *Error {
	if err := e.length(len(s)); err != nil {
		return err
	}
	e.out = append(e.out, s...)
	return nil
}

func (e *encoder) bytes(b []byte) *Error {
	if b == nil {
		e.u32(native.StreamNullSize)
		return nil
	}
	return e.string(unsafe.String(unsafe.SliceData(b), len(b)))
}

func (e *encoder) bits(bits []bool) *Error {
	if err := e.length(len(bits)); err != nil {
		return err
	}
	start := len(e.out)
	e.out = append(e.out, make([]byte, (len(bits)+7)/8)...)
	for i, bit := range bits {
		if bit {
			e.out[start+i/8] |= 1 << (i % 8)
		}
	}
	return nil
}

func (e *encoder) date(d Date) *Error {
	day, ok := d.julianDay()
	if !ok {
		return fail(ErrValue, "there is no day %d-%02d-%02d", d.Year, d.Month, d.Day)
	}
	e.u64(uint64(day))
	return nil
}

func (e *encoder) time(t Time) *Error {
	if t < 0 {
		e.u32(math.MaxUint32)
		return nil
	}
	if time.Duration(t) >= 24*time.Hour {
		return fail(ErrValue, "%v is more than a day", time.Duration(t))
	}
	e.u32(uint32(time.Duration(t) / time.Millisecond))
	return nil
}

// The values of Qt::TimeSpec.
const (
	localTime = iota
	utc
	offsetFromUTC
	timeZone
)

func (e *encoder) dateTime(t time.Time) *Error {
	if t.IsZero() {
		day := int64(nullJulianDay)
		e.u64(uint64(day))
		e.u32(math.MaxUint32)
		e.out = append(e.out, localTime)
		e.u32(0)
		e.u32(0)
		return nil
	}
	_, seconds := t.Zone()
	spec, id := byte(offsetFromUTC), ""
	switch name := t.Location().String(); {
	case t.Location() == time.UTC:
		spec = utc
	case t.Location() == time.Local:
		spec = localTime
	case isZone(name, t, seconds):
		spec, id = timeZone, name
	}
	clock := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	e.u64(uint64(floorDiv(day.Unix(), 86400) + julianEpoch))
	e.u32(uint32(clock / time.Millisecond))
	e.out = append(e.out, spec)
	e.u32(uint32(int32(seconds)))
	e.u32(uint32(len(id)))
	e.out = append(e.out, id...)
	return nil
}

// isZone tells whether name is a time zone that has this offset then.
func isZone(name string, t time.Time, seconds int) bool {
	if name == "" {
		return false
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return false
	}
	_, there := t.In(zone).Zone()
	return there == seconds
}
