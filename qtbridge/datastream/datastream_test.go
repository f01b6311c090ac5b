//go:build cgo && (linux || windows)

package datastream

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"net/url"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/native"
	"qtinterop/native/nativetest"
)

func requireError(t testing.TB, err error, op string, code Code) *Error {
	t.Helper()
	require.ErrorIs(t, err, code)
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	require.Equal(t, op, e.Op)
	require.NotEmpty(t, e.Msg)
	return e
}

// tagged is a struct of which Go's types do not say what they are in Qt.
type tagged struct {
	Int     int                 `qt:"int"`
	Long    uint                `qt:"qint64"`
	Rune    rune                `qt:"QChar"`
	Raw     string              `qt:"QByteArray"`
	Link    string              `qt:"QUrl"`
	ID      [16]byte            `qt:"QUuid"`
	Flags   []bool              `qt:"QBitArray"`
	Bytes   []uint8             `qt:"QList<quint8>"`
	Units   []uint16            `qt:"QVector< QChar >"`
	Deep    map[string][]int    `qt:"QMap<QByteArray, QList<short>>"`
	Any     float64             `qt:"QVariant"`
	List    []any               `qt:"QVariant"`
	Map     map[string]any      `qt:"QVariant"`
	Names   []string            `qt:"QStringList"`
	Hash    map[int32]string    `qt:"QHash"`
	Single  float64             `qt:"float"`
	Skipped map[chan int]func() `qt:"-"`
	Fixed   [2]struct{ A, B int8 }
}

func TestTags(t *testing.T) {
	v := tagged{Int: -1, Long: 1, Rune: '共', Raw: "\xff", Link: "http://a/b", ID: sampleUUID, Flags: []bool{true}, Bytes: []byte{1, 2},
		Units: []uint16{0xD83D}, Deep: map[string][]int{"k": {-3}}, Any: 2.5, List: []any{"x"}, Map: map[string]any{"y": nil},
		Names: []string{"n"}, Hash: map[int32]string{1: "h"}, Single: 0.5}
	v.Fixed[1].B = 7
	data, err := Marshal(Options{Version: Qt5_13}, &v)
	require.NoError(t, err)
	assert.Equal(t, "ffffffff 0000000000000001 5171 00000001ff 0000000a687474703a2f2f612f62 67c8770b44f1410aab9af9b5446f13ee 0000000101 000000020102 "+
		"00000001d83d 00000001000000016b00000001fffd 00000006004004000000000000 0000000900000000010000000a00000000020078 "+
		"0000000800000000010000000200790000000001 0000000100000002006e 0000000100000001000000020068 3fe0000000000000 00000007",
		spaced(data, 4, 8, 2, 5, 14, 16, 5, 6, 6, 15, 13, 20, 20, 10, 14, 8, 4))
	var back tagged
	require.NoError(t, Unmarshal(data, Options{Version: Qt5_13}, &back))
	assert.Equal(t, v, back)
}

// spaced is data in hex, with spaces after parts of these lengths.
func spaced(data []byte, lengths ...int) string {
	var parts []string
	for _, n := range lengths {
		parts = append(parts, fmt.Sprintf("%x", data[:n]))
		data = data[n:]
	}
	return strings.Join(parts, " ") + strings.Repeat("!", len(data))
}

func TestTypesWithoutAForm(t *testing.T) {
	type itself struct{ Next []itself }
	for _, row := range []struct {
		value any
		code  Code
		path  string
		msg   string
	}{
		{nil, ErrType, "[0]", "nil"},
		{1, ErrType, "[0]", "no fixed size"},
		{[]uint{1}, ErrType, "[0][…]", "no fixed size"},
		{make(chan int), ErrType, "[0]", "chan int"},
		{complex(1, 2), ErrType, "[0]", "complex128"},
		{[]struct{}{}, ErrType, "[0][…]", "no field"},
		{[0]int32{}, ErrType, "[0]", "no element"},
		{itself{}, ErrType, "[0].Next[…]", "within itself"},
		{map[string]func(){}, ErrType, "[0][…]", "func()"},
		{map[[1]chan int]int32{}, ErrType, "[0][key][…]", "chan int"},
		{struct{ hidden int32 }{}, ErrTag, "[0].hidden", "not exported"},
		{struct {
			A int32 `qt:"QFont"`
		}{}, ErrTag, "[0].A", `no Qt type "QFont"`},
		{struct {
			A string `qt:"int"`
		}{}, ErrTag, "[0].A", "its tag says int, and its Go type is string"},
		{struct {
			A []string `qt:"QMap"`
		}{}, ErrTag, "[0].A", "its tag says QMap"},
		{struct {
			A map[string]string `qt:"QMap<QString>"`
		}{}, ErrTag, "[0].A", "two types"},
		{struct {
			A map[string]string `qt:"QMap<QString,int>"`
		}{}, ErrTag, "[0].A[…]", "its tag says int"},
		{struct {
			A []string `qt:"QList<QString"`
		}{}, ErrTag, "[0].A", "without a >"},
		{struct {
			A []string `qt:"QList<QString>>"`
		}{}, ErrTag, "[0].A", "after the type"},
		{struct {
			A []int32 `qt:"QStringList"`
		}{}, ErrTag, "[0].A", "its tag says QStringList"},
		{struct {
			A int32 `qt:"int<int>"`
		}{}, ErrTag, "[0].A", "no types in <>"},
	} {
		_, err := Marshal(Options{}, row.value)
		e := requireError(t, err, "marshal", row.code)
		assert.Equal(t, row.path, e.Path, "%T", row.value)
		assert.Contains(t, e.Msg, row.msg)
		assert.ErrorIs(t, err, fs.ErrInvalid)
		if row.value != nil {
			err = Unmarshal(nil, Options{}, reflect.New(reflect.TypeOf(row.value)).Interface())
			assert.Equal(t, row.path, requireError(t, err, "unmarshal", row.code).Path)
		}
	}
	for _, target := range []any{nil, int32(1), (*int32)(nil), "x"} {
		requireError(t, Unmarshal(nil, Options{}, target), "unmarshal", ErrType)
	}
}

func TestValuesWithoutAForm(t *testing.T) {
	loop := map[string]any{}
	loop["self"] = loop
	type named struct {
		A uint64 `qt:"qint32"`
		B int64  `qt:"quint8"`
		C rune   `qt:"QChar"`
		D string `qt:"QUrl"`
		E string `qt:"QJsonDocument"`
	}
	for _, row := range []struct {
		value any
		code  Code
		path  string
		msg   string
	}{
		{"\xff", ErrValue, "[0]", "not UTF-8"},
		{[]string{"a", "\xff"}, ErrValue, "[0][1]", "not UTF-8"},
		{map[string]int32{"\xff": 1}, ErrValue, `[0][key ` + "\xff]", "not UTF-8"},
		{named{A: 1 << 31}, ErrValue, "[0].A", "2147483648 is beyond a qint32"},
		{named{B: 256}, ErrValue, "[0].B", "256 is beyond a quint8"},
		{named{B: -1}, ErrValue, "[0].B", "-1 is beyond a quint8"},
		{named{C: '😀'}, ErrValue, "[0].C", "two QChars"},
		{named{E: "null", D: "http://[x"}, ErrValue, "", "no URL for Qt"},
		{named{E: "{"}, ErrValue, "", "no JSON for Qt"},
		{named{E: "1"}, ErrValue, "", "an object or an array"},
		{Date{2023, 2, 29}, ErrValue, "[0]", "there is no day 2023-02-29"},
		{Date{0, 1, 1}, ErrValue, "[0]", "there is no day"},
		{Time(25 * time.Hour), ErrValue, "[0]", "more than a day"},
		{[]any{Null{}}, ErrValue, "[0][0]", "a Null without a type"},
		{[]any{struct{ A int }{}}, ErrType, "[0][0]", "in a QVariant"},
		{[]any{map[int]any{}}, ErrType, "[0][0]", "in a QVariant"},
		{[]any{Null{make(chan int)}}, ErrType, "[0][0]", "in a QVariant"},
	} {
		_, err := Marshal(Options{}, row.value)
		e := requireError(t, err, "marshal", row.code)
		assert.Equal(t, row.path, e.Path)
		assert.Contains(t, e.Msg, row.msg)
	}
	_, err := Marshal(Options{}, []any{loop})
	assert.Contains(t, requireError(t, err, "marshal", ErrDepth).Msg, "within itself")
}

func TestVersions(t *testing.T) {
	assert.Equal(t, "Qt_5_13", Qt5_13.String())
	assert.Equal(t, "version 99", Version(99).String())
	for _, version := range []Version{-1, 1, 6, Newest() + 1} {
		_, err := Marshal(Options{Version: version}, int32(1))
		assert.Contains(t, requireError(t, err, "marshal", ErrVersion).Msg, Newest().String())
		requireError(t, Unmarshal(nil, Options{Version: version}), "unmarshal", ErrVersion)
	}
	with := func(o Options) string {
		data, err := Marshal(o, float32(1), 1.0)
		require.NoError(t, err)
		return fmt.Sprintf("%x", data)
	}
	assert.Equal(t, "3ff00000000000003ff0000000000000", with(Options{}))
	assert.Equal(t, "3f8000003ff0000000000000", with(Options{Version: Qt4_5}))
	assert.Equal(t, "0000803f0000803f", with(Options{LittleEndian: true, SinglePrecision: true}))
}

// A null QVariant has a type; a null QString is a pointer to none.
func TestNulls(t *testing.T) {
	for _, sample := range []any{true, int8(1), uint16(1), int32(1), int64(1), float32(1), 1.5, "x", []byte("x"), []string{"x"},
		[]any{1}, map[string]any{"a": 1}, Hash{}, Char(1), sampleDate, sampleTime, at(time.UTC), sampleUUID, parseURL("http://a"),
		Size{}, RectF{}, LineF{}, Bits{}, JSON("1"), Object("{}"), Array("[]")} {
		data, err := Marshal(Options{}, []any{Null{sample}})
		require.NoError(t, err, "%T", sample)
		var list []any
		require.NoError(t, Unmarshal(data, Options{}, &list), "%T", sample)
		null, ok := list[0].(Null)
		require.True(t, ok, "%T", sample)
		assert.IsType(t, sample, null.Value)
	}
	text := new(string)
	data, err := Marshal(Options{}, struct{ A, B *string }{nil, text})
	require.NoError(t, err)
	assert.Equal(t, "ffffffff00000000", fmt.Sprintf("%x", data))
	var back struct{ A, B *string }
	back.A = text
	require.NoError(t, Unmarshal(data, Options{}, &back))
	assert.Nil(t, back.A)
	assert.Equal(t, text, back.B)
	var b []byte
	data, err = Marshal(Options{}, b, []byte{})
	require.NoError(t, err)
	assert.Equal(t, "ffffffff00000000", fmt.Sprintf("%x", data))
}

// What is in a QVariant goes into a Go type that has room for it.
func TestVariantInto(t *testing.T) {
	type settings struct {
		Count int64             `qt:"QVariant"`
		Ratio float64           `qt:"QVariant"`
		Name  string            `qt:"QVariant"`
		Link  *url.URL          `qt:"QVariant"`
		Tags  []string          `qt:"QVariant"`
		More  map[string]any    `qt:"QVariant"`
		None  map[string]string `qt:"QVariant"`
	}
	message := []any{int32(7), float32(0.5), "x", parseURL("http://a"), []string{"t"}, map[string]any{"k": int32(1)}, nil}
	var data []byte
	for i := range message {
		part, err := Marshal(Options{}, &message[i])
		require.NoError(t, err)
		data = append(data, part...)
	}
	var s settings
	require.NoError(t, Unmarshal(data, Options{}, &s))
	assert.Equal(t, settings{7, 0.5, "x", parseURL("http://a"), []string{"t"}, map[string]any{"k": int32(1)}, nil}, s)

	for _, row := range []struct {
		value  any
		target any
	}{
		{int32(-1), new(struct {
			A uint8 `qt:"QVariant"`
		})},
		{int32(300), new(struct {
			A int8 `qt:"QVariant"`
		})},
		{uint64(math.MaxUint64), new(struct {
			A int64 `qt:"QVariant"`
		})},
		{"1", new(struct {
			A int64 `qt:"QVariant"`
		})},
		{int32(65), new(struct {
			A string `qt:"QVariant"`
		})},
	} {
		data, err := Marshal(Options{}, &row.value)
		require.NoError(t, err)
		assert.Equal(t, "[0].A", requireError(t, Unmarshal(data, Options{}, row.target), "unmarshal", ErrValue).Path)
	}
}

func TestValuesThatGoHasNot(t *testing.T) {
	big, err := Marshal(Options{}, uint64(1<<40), int64(-1), float64(1e300))
	require.NoError(t, err)
	err = Unmarshal(big, Options{}, new(struct {
		A int32 `qt:"quint64"`
	}))
	assert.Contains(t, requireError(t, err, "unmarshal", ErrValue).Msg, "beyond a int32")
	err = Unmarshal(big, Options{}, new(struct {
		A uint64
		B uint64 `qt:"qint64"`
	}))
	assert.Equal(t, "[0].B", requireError(t, err, "unmarshal", ErrValue).Path)
	err = Unmarshal(big, Options{}, new(uint64), new(int64), new(struct {
		A float32 `qt:"double"`
	}))
	assert.Equal(t, "[2].A", requireError(t, err, "unmarshal", ErrValue).Path)

	far, err := Marshal(Options{}, int64(math.MaxInt64-1))
	require.NoError(t, err)
	requireError(t, Unmarshal(far, Options{}, new(Date)), "unmarshal", ErrValue)
}

func TestInvalidUTF16(t *testing.T) {
	half, err := Marshal(Options{}, []Char{'a', 0xD83D, 'b'})
	require.NoError(t, err)
	binary.BigEndian.PutUint32(half, 6) // the same as a QString
	e := requireError(t, Unmarshal(half, Options{}, new(string)), "unmarshal", ErrValue)
	assert.Contains(t, e.Msg, "the QChar 1 is half of a pair")
	low := []byte{0, 0, 0, 2, 0xDC, 0}
	requireError(t, Unmarshal(low, Options{}, new(string)), "unmarshal", ErrValue)
	var list []any
	requireError(t, Unmarshal(append([]byte{0, 0, 0, 1, 0, 0, 0, 10, 0}, low...), Options{}, &list), "unmarshal", ErrValue)

	// Before and after text of all lengths, in a map and at the end of a message.
	for n := range 40 {
		units := slices.Repeat([]Char{'a'}, n)
		data, err := Marshal(Options{}, append(append(units, 0xD83D), units...))
		require.NoError(t, err)
		binary.BigEndian.PutUint32(data, uint32(2*(2*n+1)))
		for _, target := range []any{new(string), new(*string)} {
			assert.Contains(t, requireError(t, Unmarshal(data, Options{}, target), "unmarshal", ErrValue).Msg, fmt.Sprintf("the QChar %d is half", n))
		}
		message := slices.Concat([]byte{0, 0, 0, 1}, data)
		requireError(t, Unmarshal(append(message, 0, 0, 0, 1), Options{}, new(map[string]int32)), "unmarshal", ErrValue)
	}
}

// Texts of all lengths and kinds come back as they are.
func TestTexts(t *testing.T) {
	for n := range 70 {
		for _, part := range []string{"", "é", "\uFFFF", "\U0001F600", "\x00", "\uFEFF", "x\U0010FFFFy"} {
			for _, text := range []string{strings.Repeat("a", n) + part, part + strings.Repeat("b", n), strings.Repeat(part, n)} {
				data, err := Marshal(Options{}, text, &text)
				require.NoError(t, err)
				units := utf16.Encode([]rune(text))
				require.Len(t, data, 2*(4+2*len(units)))
				for i, unit := range units {
					require.Equal(t, unit, binary.BigEndian.Uint16(data[4+2*i:]))
				}
				var a, b string
				require.NoError(t, Unmarshal(data, Options{}, &a, &b))
				require.Equal(t, text, a)
				require.Equal(t, text, b)
			}
		}
	}
}

// Each message that is cut anywhere ends early, and says where.
func TestTruncated(t *testing.T) {
	for name, list := range samples() {
		v := reflect.ValueOf(list)
		for i := range v.Len() {
			data, err := Marshal(Options{}, marshaled(v.Index(i)))
			require.NoError(t, err)
			for length := range data {
				target := reflect.New(v.Type().Elem())
				err := Unmarshal(data[:length:length], Options{}, target.Interface())
				if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrCorrupt) {
					t.Fatalf("%s %d cut at %d of %d: %v", name, i, length, len(data), err)
				}
				e, ok := errors.AsType[*Error](err)
				require.True(t, ok)
				assert.LessOrEqual(t, e.Offset, length)
				assert.GreaterOrEqual(t, e.Offset, 0)
				assert.NotEmpty(t, e.Expected)
			}
			after := append(data[:len(data):len(data)], 0xEE)
			e := requireError(t, Unmarshal(after, Options{}, reflect.New(v.Type().Elem()).Interface()), "unmarshal", ErrTrailing)
			assert.Equal(t, len(data), e.Offset)
			assert.Contains(t, e.Error(), "| ee")
		}
	}
}

func TestErrorTellsWhere(t *testing.T) {
	type outer struct {
		Wheels []wheel
		Last   map[string]int32
	}
	o := outer{Wheels: []wheel{{Name: "a"}, {Name: "bc", Marks: []int32{1, 2}}}, Last: map[string]int32{"k": 1}}
	data, err := Marshal(Options{}, int8(1), o)
	require.NoError(t, err)
	cut := data[:len(data)-2]
	e := requireError(t, Unmarshal(cut, Options{}, new(int8), new(outer)), "unmarshal", ErrEnd)
	assert.Equal(t, "[1].Last[element 0]", e.Path)
	assert.Equal(t, len(data)-4, e.Offset)
	assert.Equal(t, "qint32", e.Expected)
	assert.Contains(t, e.Error(), "expected a qint32: 2 bytes where it has at least 4")
	assert.Contains(t, e.Error(), "the bytes there: 00 00 00 02 00 6b | 00 00"[len("the bytes there: "):])

	long := bytes.Clone(data)
	binary.BigEndian.PutUint32(long[1+4+4+2+8+4:], 0x7FFFFFFE) // the length of the name "bc"
	e = requireError(t, Unmarshal(long, Options{}, new(int8), new(outer)), "unmarshal", ErrLength)
	assert.Equal(t, "[1].Wheels[1].Name", e.Path)
	assert.Equal(t, "QString", e.Expected)
	assert.Contains(t, e.Msg, "it says that it has 2147483646 bytes")
	assert.ErrorIs(t, e, io.ErrUnexpectedEOF)
}

func TestWrongVersionOrByteOrder(t *testing.T) {
	guess := func(o Options, as Options, target any, values ...any) string {
		t.Helper()
		data, err := Marshal(o, values...)
		require.NoError(t, err)
		e, ok := errors.AsType[*Error](Unmarshal(data, as, target))
		require.True(t, ok)
		return e.Guess
	}
	type message struct {
		Name string
		List []float64
	}
	m := message{"name", []float64{1, 2}}
	assert.Equal(t, "it would be one of little-endian byte order", guess(Options{LittleEndian: true}, Options{}, new(message), m))
	assert.Equal(t, "it would be one of big-endian byte order", guess(Options{}, Options{LittleEndian: true}, new(message), m))
	assert.Equal(t, "it would be one of SinglePrecision", guess(Options{SinglePrecision: true}, Options{}, new(message), m))
	assert.Contains(t, guess(Options{Version: Qt4_5}, Options{Version: Newest()}, new([]float32), []float32{1, 2}), "Qt_4_5")
	assert.Contains(t, guess(Options{Version: Qt4_5, LittleEndian: true}, Options{Version: Newest()}, new([]float32), []float32{1, 2}),
		"little-endian byte order")
	assert.Empty(t, guess(Options{}, Options{}, new(message), []float64{1}))
}

// nested is a QVariantList within a QVariantList, and so on.
func nested(depth int) []byte {
	one := []byte{0, 0, 0, 9, 0, 0, 0, 0, 1}
	data := bytes.Repeat(one, depth)
	data[len(data)-1] = 0
	return data
}

func TestNesting(t *testing.T) {
	var v any
	require.NoError(t, Unmarshal(nested(190), Options{}, &v))
	again, err := Marshal(Options{}, &v)
	require.NoError(t, err)
	assert.Equal(t, nested(190), again)
	for range 189 {
		v = v.([]any)[0]
	}
	assert.Empty(t, v)
	e := requireError(t, Unmarshal(nested(10000), Options{}, &v), "unmarshal", ErrDepth)
	assert.Contains(t, e.Msg, "more than 200")
	requireError(t, Unmarshal(nested(1000000), Options{}, &v), "unmarshal", ErrDepth)
	maps := bytes.Repeat([]byte{0, 0, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 0}, 10000)
	requireError(t, Unmarshal(maps, Options{}, &v), "unmarshal", ErrDepth)

	// JSON has a limit of Qt's own.
	deep := []byte(strings.Repeat("[", 100000))
	message := append(binary.BigEndian.AppendUint32(nil, uint32(len(deep))), deep...)
	requireError(t, Unmarshal(append([]byte{4}, message...), Options{}, new(JSON)), "unmarshal", ErrCorrupt)
	requireError(t, Unmarshal(append([]byte{0, 0, 0, 48, 0}, message...), Options{}, &v), "unmarshal", ErrCorrupt)
	deep = []byte(strings.Repeat("[", 100000) + strings.Repeat("]", 100000))
	message = append(binary.BigEndian.AppendUint32(nil, uint32(len(deep))), deep...)
	requireError(t, Unmarshal(append([]byte{5}, message...), Options{}, new(JSON)), "unmarshal", ErrCorrupt)

	// CBOR is handed on, and not looked into.
	deep = bytes.Repeat([]byte{0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 100)
	message = append(binary.BigEndian.AppendUint32(nil, uint32(len(deep))), deep...)
	var cbor CBOR
	require.NoError(t, Unmarshal(message, Options{}, &cbor))
	assert.EqualValues(t, deep, cbor)
}

func TestUnknownVariants(t *testing.T) {
	for _, id := range []uint32{18, 27, 29, 31, 41, 42, 43, 44, 49, 50, 51, 52, 54, 55, 56, 57, 58, 64, 71, 127, 128, 1024, 1025, 4096, 0x10000, math.MaxUint32} {
		message := append(binary.BigEndian.AppendUint32(nil, id), make([]byte, 40)...)
		var v any
		e := requireError(t, Unmarshal(message, Options{}, &v), "unmarshal", ErrVariant)
		assert.Equal(t, "QVariant", e.Expected)
		if id != 1024 {
			assert.Contains(t, e.Msg, fmt.Sprint(id))
		}
	}
	// The types of QtGui have other ids with Qt 6 than with Qt 5: here it is a QColor.
	for _, id := range []byte{67, 0x10} {
		e := requireError(t, Unmarshal([]byte{0, 0, id & 0x10, id &^ 0x10, 0, 1, 0xFF, 0xFF}, Options{}, new(any)), "unmarshal", ErrVariant)
		assert.Zero(t, e.Offset)
	}
	name := "MyType\x00"
	message := binary.BigEndian.AppendUint32([]byte{0, 0, 4, 0, 0}, uint32(len(name)))
	message = append(message, name...)
	e := requireError(t, Unmarshal(append(message, 1, 2, 3), Options{}, new(any)), "unmarshal", ErrVariant)
	assert.Contains(t, e.Msg, `its type is called "MyType"`)
	for _, known := range []string{"QVariantList\x00", "QList<QVariant>\x00", "QVariant\x00", "QEasingCurve\x00"} {
		message = binary.BigEndian.AppendUint32([]byte{0, 0, 4, 0, 0}, uint32(len(known)))
		requireError(t, Unmarshal(append(append(message, known...), nested(5)...), Options{}, new(any)), "unmarshal", ErrVariant)
	}
	requireError(t, Unmarshal([]byte{0, 0, 4, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 'a'}, Options{}, new(any)), "unmarshal", ErrLength)
}

// Without Qt's own check the bytes of a value would be allocated before they are read.
func TestHostileLengths(t *testing.T) {
	lengths := []uint32{0x10, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE}
	targets := []func() any{
		func() any { return new(string) }, func() any { return new([]byte) }, func() any { return new([]string) },
		func() any { return new([][]byte) }, func() any { return new([]int8) }, func() any { return new(map[string]int8) },
		func() any { return new(map[int8]Hash) }, func() any { return new(url.URL) }, func() any { return new(CBOR) },
		func() any { return new(Object) }, func() any { return new([][2]struct{ A, B bool }) },
	}
	before := residentPeak(t)
	for _, little := range []bool{false, true} {
		for _, n := range lengths {
			var order binary.AppendByteOrder = binary.BigEndian
			if little {
				order = binary.LittleEndian
			}
			head := order.AppendUint32(nil, n)
			for _, target := range targets {
				err := Unmarshal(append(head, 1, 2, 3), Options{LittleEndian: little}, target())
				require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%T %x", target(), n)
			}
			wide := append(head, head...)
			if n != 0x10 { // so many bits there are
				require.ErrorIs(t, Unmarshal(wide, Options{LittleEndian: little}, new(Bits)), io.ErrUnexpectedEOF, "%x", n)
			}
			for _, id := range []uint32{8, 9, 10, 11, 12, 17, 28, 46, 47, 48, 53} {
				message := append(append(order.AppendUint32(nil, id), 0), wide...)
				require.ErrorIs(t, Unmarshal(message, Options{LittleEndian: little}, new(any)), io.ErrUnexpectedEOF, "%d %x", id, n)
			}
		}
	}
	assert.Less(t, residentPeak(t)-before, 64<<20)
}

func TestEncoderAndDecoder(t *testing.T) {
	var b bytes.Buffer
	e := NewEncoder(&b, Options{Version: Qt5_13})
	require.NoError(t, e.Encode(int32(2)))
	require.NoError(t, e.Encode("a", "b"))
	assert.ErrorIs(t, e.Encode(1), ErrType)
	d := NewDecoder(b.Bytes(), Options{Version: Qt5_13})
	var n int32
	require.NoError(t, d.Decode(&n))
	assert.Equal(t, 4, d.Offset())
	var s [2]string
	err := d.Decode(&s, &n)
	assert.Equal(t, b.Len(), requireError(t, err, "unmarshal", ErrEnd).Offset)
	assert.Equal(t, 4, d.Offset(), "where it was")
	require.NoError(t, d.Decode(&s))
	assert.Equal(t, [2]string{"a", "b"}, s)
	assert.Zero(t, d.Len())
	require.NoError(t, d.Decode())
	require.NoError(t, Unmarshal(nil, Options{}))
}

// QString compares units of UTF-16, of which a character beyond U+FFFF is two.
func TestOrderOfText(t *testing.T) {
	texts := []string{"", "a", "a\x00", "ab", "b", "é", "é1", "\uD7FF", "\U00010000", "\U0010FFFF", "\uE000", "\uFFFF"}
	for i, a := range texts {
		for j, b := range texts {
			assert.Equal(t, cmp.Compare(i, j), compareUTF16(a, b), "%q %q", a, b)
			assert.Equal(t, cmp.Compare(i, j), slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b))))
		}
	}
}

// Texts are looked at many bytes at a time: whatever their length, one byte tells.
func TestTextOfAnyLength(t *testing.T) {
	for n := range 80 {
		text := strings.Repeat("x", n)
		for i := range n + 1 {
			var value any = text[:i] + "é" + text[i:]
			data, err := Marshal(Options{}, &value)
			require.NoError(t, err)
			byQt, err := nativetest.StreamAgain(data, int(Newest()), false)
			require.NoError(t, err)
			require.Equal(t, byQt, data)
			var back any
			require.NoError(t, Unmarshal(data, Options{}, &back))
			require.Equal(t, value, back)
			_, err = Marshal(Options{}, text[:i]+"\xff"+text[i:])
			require.ErrorIs(t, err, ErrValue, "%d of %d", i, n)
		}
	}
}

// The order of many texts, whatever they have in common.
func TestOrderOfManyTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{"", "\x00", "a", "b", "key number ", "é", "\uE000", "\U00010000", "01234567", "\x00\x00\x00\x00\x00\x00\x00\x00"}
	for range 300 {
		set := map[string]bool{}
		for range 1 + r.IntN(300) {
			var text strings.Builder
			for range r.IntN(6) {
				text.WriteString(parts[r.IntN(len(parts))])
			}
			set[text.String()] = true
		}
		texts := slices.Collect(maps.Keys(set))
		ranks := make([]rank, len(texts))
		for i := range ranks {
			ranks[i].at = int32(i)
		}
		sortTexts(ranks, make([]rank, len(ranks)), texts, 0)
		sorted := slices.SortedFunc(slices.Values(texts), compareUTF16)
		for i := range ranks {
			require.Equal(t, sorted[i], texts[ranks[i].at], "%q", sorted)
		}
	}
}

// Maps within maps of all kinds are in Qt's order, and come back.
func TestMapsOfManyElements(t *testing.T) {
	type name string
	all := map[string]any{}
	for i := range 100 {
		inner := map[string]any{}
		for j := range i {
			inner[fmt.Sprint("inner ", j*j)] = []any{map[string]any{fmt.Sprint(i): int32(j)}}
		}
		all[fmt.Sprint("outer ", i)] = inner
		all[fmt.Sprint("by type ", i)] = Hash{"a": all["outer 7"]}
	}
	var value any = all
	data, err := Marshal(Options{}, &value)
	require.NoError(t, err)
	byQt, err := nativetest.StreamAgain(data, int(Newest()), false)
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, byQt))
	var back any
	require.NoError(t, Unmarshal(data, Options{}, &back))
	assert.Equal(t, value, back)

	named := map[name]map[int8]map[string][]byte{}
	plain := map[string]any{}
	for i := range 50 {
		named[name(fmt.Sprint(i))] = map[int8]map[string][]byte{int8(i): {"x": {1}, "y": nil}, -1: {}}
		plain[fmt.Sprint(i)] = int32(i)
	}
	data, err = Marshal(Options{}, named, map[name]int32{"n": 1}, map[float64]string{1.5: "a", -2: "b"}, map[UUID]bool{sampleUUID: true})
	require.NoError(t, err)
	var named2 map[name]map[int8]map[string][]byte
	var n map[name]int32
	var f map[float64]string
	var u map[UUID]bool
	require.NoError(t, Unmarshal(data, Options{}, &named2, &n, &f, &u))
	assert.Equal(t, named, named2)
	assert.Equal(t, map[name]int32{"n": 1}, n)
	assert.Equal(t, map[float64]string{1.5: "a", -2: "b"}, f)
	assert.Equal(t, map[UUID]bool{sampleUUID: true}, u)

	ints := map[name]int32{}
	for key, value := range plain {
		ints[name(key)] = value.(int32)
	}
	byAny, err := Marshal(Options{}, []any{plain})
	require.NoError(t, err)
	byType, err := Marshal(Options{}, []any{ints})
	require.NoError(t, err)
	assert.Equal(t, byAny, byType)
}

// What a target has is filled where it is, if there is room, and no text is made anew.
func TestTargetsAreReused(t *testing.T) {
	data, err := Marshal(Options{}, []int32{1, 2}, []byte("abc"), "text")
	require.NoError(t, err)
	room, text := make([]int32, 1, 4), strings.Clone("text")
	list, raw, name := room, []byte(nil), text
	require.NoError(t, Unmarshal(data, Options{}, &list, &raw, &name))
	assert.Equal(t, []int32{1, 2}, list)
	assert.Same(t, &room[0], &list[0])
	assert.Equal(t, []byte("abc"), raw)
	assert.Same(t, unsafe.StringData(text), unsafe.StringData(name))
}

// What is behind the elements of a list can be of one of them as well.
func TestElementsShareNothing(t *testing.T) {
	data, err := Marshal(Options{}, [][]int32{{1, 1}, {2, 2}, {3, 3}})
	require.NoError(t, err)
	list := [][]int32{{7, 7}, {8, 8}, {9, 9}}
	list = append(list[:0], list[1:]...)
	require.NoError(t, Unmarshal(data, Options{}, &list))
	assert.Equal(t, [][]int32{{1, 1}, {2, 2}, {3, 3}}, list)
}

// A time zone is looked for as a file: it must not be another one.
func TestTimeZoneIsNoPath(t *testing.T) {
	for _, id := range []string{"../../../tmp/file", "/tmp/file", "Europe/../../file", "a\x00b"} {
		data, err := Marshal(Options{}, Date{2024, 2, 29}, Time(time.Hour), uint8(3), id)
		require.NoError(t, err)
		var at time.Time
		require.ErrorIs(t, Unmarshal(data, Options{}, &at), ErrCorrupt, id)
	}
}

// Buffers that calls share are each call's own.
func TestManyGoroutines(t *testing.T) {
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 200 {
				in := map[string]string{"a": strings.Repeat("x", i*n*10), "b": fmt.Sprint(i, n)}
				data, err := Marshal(Options{}, in)
				if !assert.NoError(t, err) {
					return
				}
				_, err = Marshal(Options{}, in, "\xff") // fails half-way
				assert.ErrorIs(t, err, ErrValue)
				var out map[string]string
				assert.NoError(t, Unmarshal(data, Options{}, &out))
				assert.Equal(t, in, out)
			}
		})
	}
	group.Wait()
}

// Each thread has a stream of Qt's, which ends with it.
func TestThreadsThatEnd(t *testing.T) {
	for range 50 {
		var group sync.WaitGroup
		group.Go(func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			data, err := Marshal(Options{}, "text")
			assert.NoError(t, err)
			var text string
			assert.NoError(t, Unmarshal(data, Options{}, &text))
			assert.Equal(t, "text", text)
		})
		group.Wait()
	}
}

func TestErrorsOfPackageNative(t *testing.T) {
	e := qtError(opMarshal, native.ErrUnavailable)
	assert.ErrorIs(t, e, ErrUnavailable)
	assert.ErrorIs(t, e, errors.ErrUnsupported)
	assert.Contains(t, e.Error(), "CGO_ENABLED=1")
	assert.ErrorIs(t, qtError(opMarshal, native.ErrMixed), ErrQt)
	assert.Equal(t, "code 99", Code(99).Error())
	assert.False(t, Code(99).Is(fs.ErrInvalid))
}
