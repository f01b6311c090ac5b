//go:build cgo && (linux || windows)

package datastream

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	"io/fs"
	"math"
	"net/url"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"qtinterop/native"
	"qtinterop/native/nativetest"
)

// maker makes a Go value of any bytes.
type maker struct {
	in    []byte
	inUTC bool // all times: old versions lose how far another one is from it

	pictures bool // it has made some
}

func (m *maker) byte() byte {
	if len(m.in) == 0 {
		return 0
	}
	b := m.in[0]
	m.in = m.in[1:]
	return b
}

func (m *maker) u64() uint64 {
	var raw [8]byte
	m.in = m.in[copy(raw[:], m.in):]
	return binary.LittleEndian.Uint64(raw[:])
}

func (m *maker) take() []byte {
	n := min(int(m.byte()), len(m.in))
	b := append([]byte{}, m.in[:n]...)
	m.in = m.in[n:]
	return b
}

func (m *maker) text() string {
	s := string(m.take())
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return s
}

func (m *maker) float() float64 {
	f := math.Float64frombits(m.u64())
	if f != f {
		return 0 // it would not be equal to itself
	}
	return f
}

func (m *maker) variant(depth int) any {
	kind := m.byte() % 34
	if depth > 20 {
		kind %= 24 // no containers
	}
	switch kind {
	case 1:
		return m.byte()%2 == 1
	case 2:
		return int8(m.byte())
	case 3:
		return m.byte()
	case 4:
		return int16(m.u64())
	case 5:
		return uint16(m.u64())
	case 6:
		return int32(m.u64())
	case 7:
		return uint32(m.u64())
	case 8:
		return int64(m.u64())
	case 9:
		return m.u64()
	case 10:
		return float32(int32(m.u64()))
	case 11:
		return m.float()
	case 12:
		return Char(m.u64())
	case 13:
		return m.text()
	case 14:
		return m.take()
	case 15:
		date, _ := dateOf(1 + int64(m.u64()%(1<<31))) // before Qt 5 there was none before the day 1
		return date
	case 16:
		return Time(time.Duration(m.u64()%86400000) * time.Millisecond)
	case 17:
		t := time.UnixMilli(int64(int32(m.u64())))
		if m.inUTC {
			return t.UTC()
		}
		return t.In(time.FixedZone("", (int(m.byte())-128)*300))
	case 18:
		return UUID(append(m.take(), make([]byte, 16)...)[:16])
	case 19:
		return Rect{int32(m.byte()), int32(m.byte()), int32(m.byte()), int32(m.byte())}
	case 20:
		return LineF{m.float(), m.float(), m.float(), m.float()}
	case 21:
		return Size{int32(m.u64()), int32(m.u64())}
	case 22:
		return Bits{m.byte()%2 == 1, m.byte()%2 == 1, true}
	case 24, 25:
		list := []any{}
		for range m.byte() % 8 {
			list = append(list, m.variant(depth+1))
		}
		return list
	case 26, 27, 28:
		all := map[string]any{}
		for range m.byte() % 8 {
			all[m.text()] = m.variant(depth + 1)
		}
		return all
	case 29:
		return Hash{m.text(): m.variant(depth + 1)}
	case 30:
		return []string{m.text(), m.text()}
	case 32:
		m.pictures = true
		return m.picture()
	case 33:
		m.pictures = true
		return Pixmap{m.picture()}
	}
	return nil
}

func (m *maker) picture() image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, 1+int(m.byte()%4), 1+int(m.byte()%4)))
	for i := range p.Pix {
		p.Pix[i] = m.byte()
	}
	return p
}

func versionOf(n byte) Version { return Qt4_0 + Version(int(n)%int(Newest()-Qt4_0+1)) }

// What Go makes Qt reads, and writes again in the same bytes; and Go reads the same value.
func FuzzVariant(f *testing.F) {
	for kind := range byte(34) {
		f.Add(byte(Newest()-Qt4_0), kind%2 == 0, []byte{kind, 3, 'a', 'b', 'c', 4, 5, 6, 7, 8, 9, 10, 11, 12})
	}
	f.Add(byte(0), false, []byte{26, 3, 1, 'k', 24, 2, 6, 1, 2, 3, 4, 5, 6, 7, 8, 13, 2, 0xc3, 0xa9, 1, 'l', 29, 0, 0, 1, 'm', 28, 0})
	f.Add(byte(9), true, []byte{26, 2, 1, 'p', 33, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25})
	f.Add(byte(6), true, []byte{17, 1, 2, 3, 4, 5, 6, 7, 8, 200})
	f.Fuzz(func(t *testing.T, version byte, little bool, in []byte) {
		o := Options{Version: versionOf(version), LittleEndian: little}
		m := &maker{in: in, inUTC: o.Version < Qt5_2}
		value := m.variant(0)
		data, err := Marshal(o, &value)
		require.NoError(t, err)
		if !m.pictures { // which QtCore does not read
			byQt, err := nativetest.StreamAgain(data, int(o.Version), little)
			require.NoError(t, err, "%#v: % x", value, data)
			require.Equal(t, data, byQt, "%#v", value)
		}
		var back any
		require.NoError(t, Unmarshal(data, o, &back), "%#v: % x", value, data)
		require.True(t, sameValue(value, back), "%#v became %#v", value, back)
	})
}

// sameValue is reflect.DeepEqual, but for times, whose zones are other pointers.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	case Pixmap:
		b, ok := b.(Pixmap)
		return ok && samePicture(a.Image, b.Image)
	case image.Image:
		b, ok := b.(image.Image)
		return ok && samePicture(a, b)
	case []any:
		b, ok := b.([]any)
		for i := range a {
			if !ok || len(a) != len(b) || !sameValue(a[i], b[i]) {
				return false
			}
		}
		return ok && len(a) == len(b)
	case Hash:
		b, ok := b.(Hash)
		return ok && sameValue(map[string]any(a), map[string]any(b))
	case map[string]any:
		b, ok := b.(map[string]any)
		for k := range a {
			if !ok || len(a) != len(b) || !sameValue(a[k], b[k]) {
				return false
			}
		}
		return ok && len(a) == len(b)
	}
	return reflect.DeepEqual(a, b)
}

// targets are what arbitrary bytes are read as.
var targets = []func() any{
	func() any { return new(any) }, func() any { return new(string) }, func() any { return new([]string) },
	func() any { return new(map[string]any) }, func() any { return new([]map[int8][]byte) }, func() any { return new(time.Time) },
	func() any { return new([]time.Time) }, func() any { return new(JSON) }, func() any { return new(json.RawMessage) },
	func() any { return new(CBOR) }, func() any { return new(Bits) }, func() any { return new(*url.URL) },
	func() any { return new([]Date) }, func() any { return new(wheel) }, func() any { return new([]Char) },
	func() any { return new([][3]RectF) }, func() any { return new([]UUID) }, func() any { return new(map[Time]float32) },
	func() any { return new(image.Image) }, func() any { return new([]image.Image) }, func() any { return new(map[string]Pixmap) },
}

// Arbitrary bytes are a value or an error that tells where, and what comes of them is no
// larger than they are but by a factor.
func FuzzUnmarshal(f *testing.F) {
	for i := range targets {
		f.Add(byte(i), byte(Newest()-Qt4_0), false, []byte("\x00\x00\x00\x02\x00\x00\x00\x01\x00a\x00\x00\x00\x00"))
	}
	f.Add(byte(0), byte(13), false, nested(30))
	f.Add(byte(0), byte(6), false, []byte("\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x25\x8a\xd2\x05\x26\x54\xab\x03"))
	f.Add(byte(5), byte(13), false, []byte("\x00\x00\x00\x00\x00\x25\x8a\xd2\x05\x26\x54\xab\x03\x00\x00\x00\x06\x00A\x00/\x00B"))
	if data, err := Marshal(Options{}, new(tree())); err == nil {
		f.Add(byte(0), byte(Newest()-Qt4_0), false, data)
	}
	for i, value := range []any{image.Image(aPhoto()), []image.Image{nil, aPhoto()}, map[string]Pixmap{"a": {aPhoto()}}} {
		if data, err := Marshal(Options{}, value); err == nil {
			f.Add(byte(len(targets)-3+i), byte(Newest()-Qt4_0), false, data)
		}
	}
	var anyPicture any = []any{aPhoto(), Pixmap{}, Bitmap{aPhoto()}}
	if data, err := Marshal(Options{}, &anyPicture); err == nil {
		f.Add(byte(0), byte(Newest()-Qt4_0), false, data)
	}
	f.Fuzz(func(t *testing.T, which, version byte, little bool, data []byte) {
		o := Options{Version: versionOf(version), LittleEndian: little}
		target := targets[int(which)%len(targets)]()
		d := NewDecoder(data, o)
		if err := d.Decode(target); err != nil {
			e, ok := errors.AsType[*Error](err)
			require.True(t, ok)
			require.LessOrEqual(t, e.Offset, len(data))
			require.NotEqual(t, ErrQt, e.Code, "%v", e)
			return
		}
		n, _ := nodeOf(reflect.TypeOf(target).Elem())
		values, _, err := native.ReadStream(n.types(nil), data, nil, int(o.Version), little, false)
		require.NoError(t, err)
		require.LessOrEqual(t, len(values), 64+12*len(data))
		if _, err = Marshal(o, target); err != nil {
			require.ErrorIs(t, err, fs.ErrInvalid, "%v", err) // what Qt has read and would not write
		}
	})
}
