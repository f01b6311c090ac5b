package datastream

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"qtinterop/native"
)

// maxDepth is how many containers may be within each other, here as in package native.
const maxDepth = 200

// nullLength is that of a null QString or QByteArray.
const nullLength = math.MaxUint32

// encoder makes the values that native.WriteStream takes.
type encoder struct {
	out   []byte
	depth int
}

func (e *encoder) u32(n uint32) { e.out = binary.LittleEndian.AppendUint32(e.out, n) }
func (e *encoder) u64(n uint64) { e.out = binary.LittleEndian.AppendUint64(e.out, n) }

// length writes the number of elements of something.
func (e *encoder) length(n int) *Error {
	if n >= math.MaxInt32 {
		return fail(ErrValue, "%d elements; Qt 5 counts to %d", n, math.MaxInt32)
	}
	e.u32(uint32(n))
	return nil
}

// value appends v, which is one of n.
func (e *encoder) value(v reflect.Value, n *node) *Error {
	switch n.tag {
	case native.StreamTuple:
		for _, f := range n.fields {
			if err := e.value(v.Field(f.index), f.node); err != nil {
				return err.in("." + f.name)
			}
		}
		return nil
	case native.StreamArray:
		return e.elements(v, n.elem)
	case native.StreamList:
		e.out = append(e.out, n.tag)
		if err := e.length(v.Len()); err != nil {
			return err
		}
		return e.elements(v, n.elem)
	case native.StreamMap:
		return e.mapOf(v, n)
	case native.StreamVariant:
		e.out = append(e.out, n.tag)
		return e.variant(v)
	}
	e.out = append(e.out, n.tag)
	return e.leaf(v, n.tag)
}

func (e *encoder) elements(v reflect.Value, elem *node) *Error {
	for i := range v.Len() {
		if err := e.value(v.Index(i), elem); err != nil {
			return err.in(fmt.Sprintf("[%d]", i))
		}
	}
	return nil
}

// mapOf writes the elements in the order in which the Qt of this program has them: by
// their keys, with Qt 5 from the last one to the first.
func (e *encoder) mapOf(v reflect.Value, n *node) *Error {
	e.out = append(e.out, n.tag)
	if err := e.length(v.Len()); err != nil {
		return err
	}
	for _, pair := range sortedPairs(v) {
		if err := e.value(pair.key, n.key); err != nil {
			return err.in(fmt.Sprintf("[key %v]", pair.key))
		}
		if err := e.value(pair.value, n.elem); err != nil {
			return err.in(fmt.Sprintf("[%#v]", pair.key))
		}
	}
	return nil
}

type pair struct {
	key, value reflect.Value
	text       string // of a key that is text: it is compared often
}

func sortedPairs(v reflect.Value) []pair {
	pairs := make([]pair, 0, v.Len())
	isText := v.Type().Key().Kind() == reflect.String
	for key, value := range v.Seq2() {
		p := pair{key: key, value: value}
		if isText {
			p.text = key.String()
		}
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if isText {
			return compareUTF16(a.text, b.text)
		}
		return compareKeys(a.key, b.key)
	})
	if isQt5() {
		slices.Reverse(pairs)
	}
	return pairs
}

var isQt5 = sync.OnceValue(func() bool { return native.VersionRunning() < "6" })

// compareKeys compares keys that are no text as Qt does.
func compareKeys(a, b reflect.Value) int {
	switch k := a.Kind(); {
	case isSigned(k):
		return cmp.Compare(a.Int(), b.Int())
	case isUnsigned(k):
		return cmp.Compare(a.Uint(), b.Uint())
	case isFloat(k):
		return cmp.Compare(a.Float(), b.Float())
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// compareUTF16 differs from a comparison of bytes in one thing: what is beyond U+FFFF, and
// begins with 0xF0 and more, is two units from U+D800 on, and so before U+E000.
func compareUTF16(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if x, y := a[i], b[i]; x != y {
			if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
				return cmp.Compare(y, x)
			}
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func isFloat(k reflect.Kind) bool { return k == reflect.Float32 || k == reflect.Float64 }

// leaf appends a value without parts, after its tag.
func (e *encoder) leaf(v reflect.Value, tag byte) *Error {
	switch {
	case isIntegerTag(tag):
		return e.integer(v, tag)
	case tag == native.StreamBool:
		b := byte(0)
		if v.Bool() {
			b = 1
		}
		e.out = append(e.out, b)
		return nil
	case tag == native.StreamFloat || tag == native.StreamDouble:
		e.u64(math.Float64bits(v.Float()))
		return nil
	case tag >= native.StreamSize && tag <= native.StreamLineF:
		return e.geometry(v, tag)
	}
	switch tag {
	case native.StreamChar:
		return e.char(v)
	case native.StreamString:
		return e.text(v)
	case native.StreamBytes, native.StreamCBOR, native.StreamJSONValue, native.StreamJSONDocument, native.StreamJSONObject, native.StreamJSONArray:
		return e.bytes(v)
	case native.StreamURL:
		return e.url(v)
	case native.StreamUUID:
		for i := range 16 {
			e.out = append(e.out, byte(v.Index(i).Uint()))
		}
		return nil
	case native.StreamBits:
		return e.bits(v)
	case native.StreamDate:
		return e.date(v.Interface().(Date))
	case native.StreamTime:
		return e.time(v.Interface().(Time))
	}
	return e.dateTime(v.Interface().(time.Time))
}

// integerSizes are the bytes of the integer types, from StreamInt8 on.
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
		return fail(ErrValue, "%v is beyond a %s", v, tagNames[tag])
	}
	for range size {
		e.out = append(e.out, byte(n))
		n >>= 8
	}
	return nil
}

func (e *encoder) char(v reflect.Value) *Error {
	n := int64(0)
	if isSigned(v.Kind()) {
		n = v.Int()
	} else {
		n = int64(v.Uint())
	}
	if n < 0 || n > 0xFFFF {
		return fail(ErrValue, "%#U is two QChars, and not one", rune(n))
	}
	e.out = binary.LittleEndian.AppendUint16(e.out, uint16(n))
	return nil
}

func (e *encoder) text(v reflect.Value) *Error {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			e.u32(nullLength)
			return nil
		}
		v = v.Elem()
	}
	s := v.String()
	if !utf8.ValidString(s) {
		return fail(ErrValue, "%.40q is not UTF-8, which Go has text in; is it a QByteArray?", s)
	}
	at := len(e.out)
	e.u32(0)
	for _, r := range s {
		if r < 0x10000 {
			e.out = binary.LittleEndian.AppendUint16(e.out, uint16(r))
			continue
		}
		high, low := utf16.EncodeRune(r)
		e.out = binary.LittleEndian.AppendUint16(e.out, uint16(high))
		e.out = binary.LittleEndian.AppendUint16(e.out, uint16(low))
	}
	units := (len(e.out) - at - 4) / 2
	if units > math.MaxInt32/2 {
		return fail(ErrValue, "a text of %d QChars; Qt 5 has up to %d", units, math.MaxInt32/2)
	}
	binary.LittleEndian.PutUint32(e.out[at:], uint32(units))
	return nil
}

func (e *encoder) bytes(v reflect.Value) *Error {
	if v.Kind() == reflect.String {
		if err := e.length(v.Len()); err != nil {
			return err
		}
		e.out = append(e.out, v.String()...)
		return nil
	}
	if v.IsNil() {
		e.u32(nullLength)
		return nil
	}
	if err := e.length(v.Len()); err != nil {
		return err
	}
	e.out = append(e.out, v.Bytes()...)
	return nil
}

func (e *encoder) url(v reflect.Value) *Error {
	text := ""
	switch u := v.Interface().(type) {
	case url.URL:
		text = u.String()
	case *url.URL:
		if u != nil {
			text = u.String()
		}
	default:
		text = v.String()
	}
	if err := e.length(len(text)); err != nil {
		return err
	}
	e.out = append(e.out, text...)
	return nil
}

func (e *encoder) bits(v reflect.Value) *Error {
	if err := e.length(v.Len()); err != nil {
		return err
	}
	start := len(e.out)
	e.out = append(e.out, make([]byte, (v.Len()+7)/8)...)
	for i := range v.Len() {
		if v.Index(i).Bool() {
			e.out[start+i/8] |= 1 << (i % 8)
		}
	}
	return nil
}

// geometry appends the numbers of a QSize, QPoint, QRect or QLine, with F or without.
func (e *encoder) geometry(v reflect.Value, tag byte) *Error {
	if r, ok := v.Interface().(Rect); ok {
		// In Qt it is its corners.
		v = reflect.ValueOf(Rect{r.X, r.Y, r.X + r.Width - 1, r.Y + r.Height - 1})
	}
	for _, f := range v.Fields() {
		if isFloat(f.Kind()) {
			e.u64(math.Float64bits(f.Float()))
		} else {
			e.u32(uint32(f.Int()))
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
