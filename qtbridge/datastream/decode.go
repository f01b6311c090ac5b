package datastream

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"time"
	"unicode/utf16"

	"qtinterop/native"
)

// decoder takes the values that native.ReadStream gives. What it reads was made by us, so
// it is not checked again but for what Go has not.
type decoder struct{ in []byte }

func (d *decoder) take(n int) []byte {
	b := d.in[:n]
	d.in = d.in[n:]
	return b
}

func (d *decoder) tag() byte    { return d.take(1)[0] }
func (d *decoder) u16() uint16  { return binary.LittleEndian.Uint16(d.take(2)) }
func (d *decoder) u32() uint32  { return binary.LittleEndian.Uint32(d.take(4)) }
func (d *decoder) u64() uint64  { return binary.LittleEndian.Uint64(d.take(8)) }
func (d *decoder) f64() float64 { return math.Float64frombits(d.u64()) }

// value sets v to the next value, which is one of n.
func (d *decoder) value(v reflect.Value, n *node) *Error {
	switch n.tag {
	case native.StreamTuple:
		for _, f := range n.fields {
			if err := d.value(v.Field(f.index), f.node); err != nil {
				return err.in("." + f.name)
			}
		}
		return nil
	case native.StreamArray:
		return d.elements(v, n.elem)
	}
	switch tag := d.tag(); tag {
	case native.StreamList:
		length := int(d.u32())
		if v.IsNil() || v.Cap() < length {
			v.Set(reflect.MakeSlice(v.Type(), length, length))
		}
		v.SetLen(length)
		return d.elements(v, n.elem)
	case native.StreamMap:
		return d.mapOf(v, n)
	case native.StreamVariant:
		return d.variantInto(v)
	default:
		return d.leaf(v, tag)
	}
}

func (d *decoder) elements(v reflect.Value, elem *node) *Error {
	for i := range v.Len() {
		if err := d.value(v.Index(i), elem); err != nil {
			return err.in(fmt.Sprintf("[%d]", i))
		}
	}
	return nil
}

func (d *decoder) mapOf(v reflect.Value, n *node) *Error {
	length := int(d.u32())
	v.Set(reflect.MakeMapWithSize(v.Type(), length))
	for i := range length {
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if err := d.value(key, n.key); err != nil {
			return err.in(fmt.Sprintf("[key %d]", i))
		}
		if !key.Comparable() {
			return fail(ErrValue, "%v is no key of a map in Go", key).in(fmt.Sprintf("[key %d]", i))
		}
		if err := d.value(elem, n.elem); err != nil {
			return err.in(fmt.Sprintf("[%#v]", key))
		}
		v.SetMapIndex(key, elem)
	}
	return nil
}

// variantInto sets v to what is in a QVariant.
func (d *decoder) variantInto(v reflect.Value) *Error {
	value, err := d.variant()
	if err != nil {
		return err
	}
	if value == nil {
		v.SetZero()
		return nil
	}
	from := reflect.ValueOf(value)
	switch {
	case from.Type().AssignableTo(v.Type()):
		v.Set(from)
	case sameKind(from.Kind(), v.Kind()) && from.CanConvert(v.Type()) && fitsKind(from, v.Type()):
		v.Set(from.Convert(v.Type()))
	default:
		return fail(ErrValue, "the QVariant has a %v, and the Go type is %v", from.Type(), v.Type())
	}
	return nil
}

// sameKind is about kinds of which one value can be of the other.
func sameKind(a, b reflect.Kind) bool {
	isInteger := func(k reflect.Kind) bool { return isSigned(k) || isUnsigned(k) }
	return a == b || isInteger(a) && isInteger(b) || isFloat(a) && isFloat(b)
}

func fitsKind(from reflect.Value, t reflect.Type) bool {
	to := reflect.New(t).Elem()
	switch k := t.Kind(); {
	case isSigned(k):
		if isUnsigned(from.Kind()) {
			return from.Uint() <= math.MaxInt64 && !to.OverflowInt(int64(from.Uint()))
		}
		return !to.OverflowInt(from.Int())
	case isUnsigned(k):
		if isSigned(from.Kind()) {
			return from.Int() >= 0 && !to.OverflowUint(uint64(from.Int()))
		}
		return !to.OverflowUint(from.Uint())
	}
	return true
}

// variant is what is in a QVariant, after its tag.
func (d *decoder) variant() (any, *Error) {
	switch tag := d.tag(); tag {
	case native.StreamInvalid:
		return nil, nil
	case native.StreamNull:
		value, err := d.variant()
		return Null{value}, err
	case native.StreamList:
		list := make([]any, d.u32())
		for i := range list {
			d.tag() // it is a StreamVariant
			var err *Error
			if list[i], err = d.variant(); err != nil {
				return nil, err.in(fmt.Sprintf("[%d]", i))
			}
		}
		return list, nil
	case native.StreamStringList:
		list := make([]string, d.u32())
		return list, d.elements(reflect.ValueOf(list), &node{tag: native.StreamString})
	case native.StreamMap:
		return d.variantMap()
	case native.StreamHash:
		m, err := d.variantMap()
		return Hash(m), err
	default:
		v := reflect.New(variantTypes[tag]).Elem()
		err := d.leaf(v, tag)
		return v.Interface(), err
	}
}

func (d *decoder) variantMap() (map[string]any, *Error) {
	length := int(d.u32())
	m := make(map[string]any, length)
	for range length {
		d.tag() // it is a StreamString
		var key string
		if err := d.text(reflect.ValueOf(&key).Elem()); err != nil {
			return nil, err.in("[key]")
		}
		d.tag()
		value, err := d.variant()
		if err != nil {
			return nil, err.in(fmt.Sprintf("[%q]", key))
		}
		m[key] = value
	}
	return m, nil
}

// variantTypes are the Go types of what is in a QVariant.
var variantTypes = func() map[byte]reflect.Type {
	types := map[byte]reflect.Type{
		native.StreamBool: reflect.TypeFor[bool](),
		native.StreamInt8: reflect.TypeFor[int8](), native.StreamInt16: reflect.TypeFor[int16](),
		native.StreamInt32: reflect.TypeFor[int32](), native.StreamInt64: reflect.TypeFor[int64](),
		native.StreamUInt8: reflect.TypeFor[uint8](), native.StreamUInt16: reflect.TypeFor[uint16](),
		native.StreamUInt32: reflect.TypeFor[uint32](), native.StreamUInt64: reflect.TypeFor[uint64](),
		native.StreamFloat: reflect.TypeFor[float32](), native.StreamDouble: reflect.TypeFor[float64](),
		native.StreamString: reflect.TypeFor[string](), native.StreamBytes: reflect.TypeFor[[]byte](),
	}
	for t, tag := range goTypes {
		if t.Kind() != reflect.Struct || tag != native.StreamURL {
			types[tag] = t
		}
	}
	return types
}()

// leaf sets v to a value without parts, of which the tag was read.
func (d *decoder) leaf(v reflect.Value, tag byte) *Error {
	switch {
	case isIntegerTag(tag):
		return d.integer(v, tag)
	case tag == native.StreamBool:
		v.SetBool(d.take(1)[0] != 0)
		return nil
	case tag == native.StreamFloat || tag == native.StreamDouble:
		f := d.f64()
		if v.OverflowFloat(f) {
			return fail(ErrValue, "%v is beyond a %v", f, v.Type())
		}
		v.SetFloat(f)
		return nil
	case tag >= native.StreamSize && tag <= native.StreamLineF:
		d.geometry(v)
		return nil
	}
	switch tag {
	case native.StreamChar:
		return d.char(v)
	case native.StreamString:
		return d.text(v)
	case native.StreamURL:
		return d.url(v)
	case native.StreamUUID:
		for i, b := range d.take(16) {
			v.Index(i).SetUint(uint64(b))
		}
	case native.StreamBits:
		d.bits(v)
	case native.StreamDate:
		day := int64(d.u64())
		date, ok := dateOf(day)
		if !ok {
			return fail(ErrValue, "the julian day %d is beyond what Go counts", day)
		}
		v.Set(reflect.ValueOf(date))
	case native.StreamTime:
		v.Set(reflect.ValueOf(timeOf(int32(d.u32()))))
	case native.StreamDateTime:
		return d.dateTime(v)
	default:
		d.bytes(v)
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

func (d *decoder) char(v reflect.Value) *Error {
	unit := d.u16()
	if isSigned(v.Kind()) {
		v.SetInt(int64(unit))
	} else {
		v.SetUint(uint64(unit))
	}
	return nil
}

func (d *decoder) text(v reflect.Value) *Error {
	n := d.u32()
	if v.Kind() == reflect.Pointer {
		if n == nullLength {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if n == nullLength {
		v.SetString("")
		return nil
	}
	text, bad := decodeUTF16(d.take(2 * int(n)))
	if bad >= 0 {
		return fail(ErrValue, "the QChar %d is half of a pair, so that the QString is no text; a []qt:\"QChar\" has it, or another version or type is meant", bad)
	}
	v.SetString(text)
	return nil
}

// decodeUTF16 is the text of QChars, and the first that is not, or -1.
func decodeUTF16(data []byte) (text string, bad int) {
	out := make([]byte, 0, len(data)/2)
	for i := 0; i < len(data); i += 2 {
		r := rune(binary.LittleEndian.Uint16(data[i:]))
		if r < 0x80 {
			out = append(out, byte(r))
			continue
		}
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if i+2 < len(data) {
				low = rune(binary.LittleEndian.Uint16(data[i+2:]))
			}
			pair := utf16.DecodeRune(r, low)
			if pair == '\uFFFD' {
				return "", i / 2
			}
			r = pair
			i += 2
		}
		out = append(out, string(r)...)
	}
	return string(out), -1
}

func (d *decoder) bytes(v reflect.Value) {
	n := d.u32()
	var b []byte
	if n != nullLength {
		b = append([]byte{}, d.take(int(n))...)
	}
	if v.Kind() == reflect.String {
		v.SetString(string(b))
	} else {
		v.SetBytes(b)
	}
}

func (d *decoder) url(v reflect.Value) *Error {
	n := d.u32()
	text := ""
	if n != nullLength {
		text = string(d.take(int(n)))
	}
	if v.Kind() == reflect.String {
		v.SetString(text)
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		e := fail(ErrValue, "the QUrl %.80q is none for Go: a string with the tag qt:\"QUrl\" has it", text)
		e.Err = err
		return e
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.ValueOf(u))
	} else {
		v.Set(reflect.ValueOf(*u))
	}
	return nil
}

func (d *decoder) bits(v reflect.Value) {
	n := int(d.u32())
	bits := reflect.MakeSlice(v.Type(), n, n)
	for i, b := range d.take((n + 7) / 8) {
		for j := range min(8, n-8*i) {
			bits.Index(8*i + j).SetBool(b>>j&1 != 0)
		}
	}
	v.Set(bits)
}

func (d *decoder) geometry(v reflect.Value) {
	for _, f := range v.Fields() {
		if isFloat(f.Kind()) {
			f.SetFloat(d.f64())
		} else {
			f.SetInt(int64(int32(d.u32())))
		}
	}
	if r, ok := v.Interface().(Rect); ok {
		v.Set(reflect.ValueOf(Rect{r.X, r.Y, r.Width - r.X + 1, r.Height - r.Y + 1}))
	}
}

func (d *decoder) dateTime(v reflect.Value) *Error {
	day, ms, spec, seconds := int64(d.u64()), int32(d.u32()), d.tag(), int(int32(d.u32()))
	id := string(d.take(int(d.u32())))
	if day == nullJulianDay {
		v.SetZero()
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
	v.Set(reflect.ValueOf(time.Date(midnight.Year(), midnight.Month(), midnight.Day(),
		int(clock/time.Hour), int(clock/time.Minute)%60, int(clock/time.Second)%60, int(clock%time.Second), zone)))
	return nil
}
