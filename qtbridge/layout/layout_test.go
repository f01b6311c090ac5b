package layout

import (
	"errors"
	"hash/crc32"
	"io/fs"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"qtinterop/qtbridge"
)

func crcBefore(before, _ []byte) uint64 { return uint64(crc32.ChecksumIEEE(before)) }

var testOptions = Options{
	ABI:       LP64,
	Encodings: map[string]qtbridge.Encoding{"gbk": qtbridge.XText(simplifiedchinese.GBK)},
	Sums:      map[string]Sum{"crc32": crcBefore},
}

func must[T any](t testing.TB, o Options) *Struct[T] {
	t.Helper()
	s, err := Of[T](o)
	require.NoError(t, err)
	return s
}

func requireError(t testing.TB, err error, op string, code Code, field string, offset int) *Error {
	t.Helper()
	require.ErrorIs(t, err, code)
	require.ErrorIs(t, err, fs.ErrInvalid)
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	assert.Equal(t, op, e.Op)
	assert.Equal(t, field, e.Field, "%v", err)
	assert.Equal(t, offset, e.Offset, "%v", err)
	assert.NotEmpty(t, e.Msg)
	return e
}

type texts struct {
	A string    `c:"char[6]"`
	B string    `c:"QChar[4]"`
	C string    `c:"char16_t[4],be"`
	D [2]string `c:"char[2][4],latin1"`
	E string    `c:"char[8],gbk"`
	F string    `c:"u8[6],utf16le"`
	G [3]byte   `c:"char"`
}

func TestText(t *testing.T) {
	s := must[texts](t, testOptions)
	v := texts{A: "aé共"[:3], B: "é共", C: "é", D: [2]string{"é", "abc"}, E: "共享", F: "é", G: [3]byte{'x', 0, 'y'}}
	data, err := s.Append([]byte("before"), &v)
	require.NoError(t, err)
	require.Equal(t, "before", string(data[:6]))
	data = data[6:]
	want := "a\xc3\xa9\x00\x00\x00" + "\xe9\x00\x71\x51\x00\x00\x00\x00" + "\x00\xe9\x00\x00\x00\x00\x00\x00" +
		"\xe9\x00\x00\x00abc\x00" + "\xb9\xb2\xcf\xed\x00\x00\x00\x00" + "\xe9\x00\x00\x00\x00\x00" + "x\x00y" + "\x00"
	assert.Equal(t, want, string(data))
	var back texts
	require.NoError(t, s.Decode(data, &back))
	assert.Equal(t, v, back)
	full := []byte(strings.ReplaceAll(want, "a\xc3\xa9\x00\x00\x00", "abcdef"))
	require.NoError(t, s.Decode(full, &back))
	assert.Equal(t, "abcdef", back.A, "a NUL at the end need not be there")
}

func TestTextThatDoesNotFit(t *testing.T) {
	s := must[texts](t, testOptions)
	data := make([]byte, s.Size())
	for _, row := range []struct {
		v      texts
		field  string
		offset int
		msg    string
	}{
		{texts{A: "abcdef"}, "A", 0, "there is room for 6"},
		{texts{A: "é共x"}, "A", 0, "there is room for 6"},
		{texts{B: "abcd"}, "B", 6, "a NUL has 2: there is room for 8"},
		{texts{A: "a\x00b"}, "A", 0, "a NUL at byte 1"},
		{texts{A: "\xff"}, "A", 0, "not UTF-8"},
		{texts{D: [2]string{"", "共"}}, "D[1]", 26, "does not have the character"},
	} {
		err := s.Encode(data, &row.v)
		assert.Contains(t, requireError(t, err, "encode", ErrValue, row.field, row.offset).Msg, row.msg)
	}
	_, err := s.Append(nil, &texts{D: [2]string{"", "共"}})
	assert.ErrorIs(t, err, qtbridge.ErrText, "the encoding's own error is underneath")
	clear(data)
	data[6], data[7] = 0x3d, 0xd8 // half of a pair
	requireError(t, s.Decode(data, &texts{}), "decode", ErrValue, "B", 6)
}

type numbers struct {
	Long   int64    `c:"long"`
	Uint   uint64   `c:"unsigned int"`
	Wide   [2]int   `c:"i16"`
	Order  uint32   `c:",be"`
	Nested struct { // of 4 bytes, or 2 if packed
		Signed int8  `c:"i32,bits=3"`
		Flag   bool  `c:",bits=1"`
		Rest   uint8 `c:"u32,bits=7"`
	}
	_   [2]uint8
	Sum uint32 `c:",sum=crc32"`
}

func TestNumbers(t *testing.T) {
	v := numbers{Long: -5, Uint: 1 << 31, Wide: [2]int{-1, 300}, Order: 0x01020304}
	v.Nested.Signed, v.Nested.Flag, v.Nested.Rest = -4, true, 100
	for _, row := range []struct {
		abi  ABI
		size int
	}{{LP64, 32}, {LLP64, 36}, {LP64.Packed(1), 28}, {LP64.BigEndian(), 32}} {
		o := testOptions
		o.ABI = row.abi
		s := must[numbers](t, o)
		assert.Equal(t, row.size, s.Size(), "%v", row.abi)
		data, err := s.Append(nil, &v)
		require.NoError(t, err)
		var back numbers
		require.NoError(t, s.Decode(data, &back))
		back.Sum = 0
		assert.Equal(t, v, back, "%v", row.abi)
		again, err := s.Append(nil, &back)
		require.NoError(t, err)
		assert.Equal(t, data, again)

		data[0] ^= 1
		last := s.Layout().Fields()[6]
		assert.Equal(t, "Sum", last.Name)
		e := requireError(t, s.Decode(data, &back), "decode", ErrSum, "Sum", last.Offset)
		assert.Contains(t, e.Msg, "changed meanwhile")
	}
}

func TestNumbersThatDoNotFit(t *testing.T) {
	o := testOptions
	o.ABI = LLP64
	s := must[numbers](t, o)
	data := make([]byte, s.Size())
	v := numbers{Long: 1 << 31}
	assert.Contains(t, requireError(t, s.Encode(data, &v), "encode", ErrValue, "Long", 0).Msg, "2147483648 does not fit long")
	v = numbers{Wide: [2]int{0, -32769}}
	requireError(t, s.Encode(data, &v), "encode", ErrValue, "Wide[1]", 10)
	v = numbers{}
	v.Nested.Rest = 128
	assert.Contains(t, requireError(t, s.Encode(data, &v), "encode", ErrValue, "Nested.Rest", 24).Msg, "128 does not fit u32:7")
	v = numbers{}
	v.Nested.Signed = 4
	requireError(t, s.Encode(data, &v), "encode", ErrValue, "Nested.Signed", 16)
}

func TestDataThatIsTooShort(t *testing.T) {
	type T struct {
		A uint32
		B [3]uint16
		C float64
	}
	s := must[T](t, testOptions)
	for length, field := range []string{0: "A", 3: "A", 4: "B", 9: "B", 10: "C", 23: "C"} {
		if field == "" {
			continue
		}
		offset := map[string]int{"A": 0, "B": 4, "C": 16}[field]
		data := make([]byte, length)
		for op, err := range map[string]error{"decode": s.Decode(data, &T{}), "encode": s.Encode(data, &T{})} {
			assert.Contains(t, requireError(t, err, op, ErrSize, field, offset).Msg, "the struct 24 with LP64 little")
		}
		_, err := s.View(data)
		requireError(t, err, "view", ErrSize, field, offset)
		_, err = s.Layout().Decode(data)
		requireError(t, err, "decode", ErrSize, field, offset)
		requireError(t, s.Layout().Encode(data, nil), "encode", ErrSize, field, offset)
	}
	require.NoError(t, s.Decode(make([]byte, 25), &T{}), "more than needed is ignored")
}

func TestBoolThatIsNone(t *testing.T) {
	type T struct {
		A bool
		B [2][2]bool
	}
	s := must[T](t, testOptions)
	for i, field := range []string{"A", "B[0][0]", "B[0][1]", "B[1][0]", "B[1][1]"} {
		data := make([]byte, 5)
		data[i] = 2
		assert.Contains(t, requireError(t, s.Decode(data, &T{}), "decode", ErrValue, field, i).Msg, "0x02 is no bool")
		data[i] = 1
		require.NoError(t, s.Decode(data, &T{}))
	}
}

// What contradicts itself is found before there are data.
func TestBadTags(t *testing.T) {
	field := func(goType any, tag string) reflect.Type {
		t, ok := goType.(reflect.Type)
		if !ok {
			t = reflect.TypeOf(goType)
		}
		return reflect.StructOf([]reflect.StructField{
			{Name: "A", Type: reflect.TypeFor[uint8]()},
			{Name: "B", Type: t, Tag: reflect.StructTag(`c:"` + tag + `"`)},
		})
	}
	for _, row := range []struct {
		goType any
		tag    string
		code   Code
		msg    string
	}{
		{uint32(0), "u32,at=1", ErrTag, "at=1, but with LP64 little it is at 4"},
		{uint32(0), "u64", ErrTag, "u64 in C does not fit uint32 in Go"},
		{int64(0), "unsigned long", ErrTag, "does not fit int64"},
		{float32(0), "f64", ErrTag, "does not fit"},
		{float64(0), "f32", ErrTag, "does not fit"},
		{uint8(0), "bool", ErrTag, "does not fit"},
		{uint8(0), "u9", ErrTag, `there is no type "u9"`},
		{uint8(0), "u8[", ErrTag, "no dimension"},
		{uint8(0), "u8[]", ErrTag, "no number of elements"},
		{uint8(0), "u8[0]", ErrTag, "no number of elements"},
		{uint8(0), "u8[-1]", ErrTag, "no number of elements"},
		{uint8(0), "u8[2]", ErrTag, "the Go type has the dimensions []"},
		{[2]uint8{}, "u8[3]", ErrTag, "the Go type has the dimensions [2]"},
		{[0]uint8{}, "u8", ErrTag, "no elements"},
		{reflect.TypeFor[[1 << 16][1 << 16]uint8](), "", ErrTag, "more than"},
		{reflect.TypeFor[[1 << 29]uint32](), "", ErrTag, "larger than"},
		{uint8(0), "u8,bits=9", ErrTag, "9 bits in a type of 8"},
		{uint8(0), "u16,bits=9", ErrTag, "does not fit"},
		{uint8(0), "u8,bits=0", ErrTag, "has no name"},
		{uint8(0), "u8,bits=x", ErrTag, "bits=x is no number"},
		{uint8(0), "u8,bits=1,bits=2", ErrTag, "twice how many bits"},
		{uint32(0), "u32,be,le", ErrTag, "twice its byte order"},
		{uint32(0), "u32,at=4,at=8", ErrTag, "twice its offset"},
		{uint32(0), "u32,align=8,align=4", ErrTag, "twice its alignment"},
		{"", "char[8],utf8,latin1", ErrTag, "twice its encoding"},
		{float32(0), "f32,bits=3", ErrTag, "a bit field is an integer or a bool"},
		{[2]uint8{}, "u8,bits=3", ErrTag, "a bit field is an integer or a bool"},
		{uint8(0), "u8,bits=3,align=8", ErrTag, "do not go with bit fields"},
		{uint8(0), "u8,bits=3,sum=crc32", ErrTag, "no checksum"},
		{uint32(0), "u32,align=3", ErrTag, "not a power of 2"},
		{uint32(0), "u32,align=2", ErrTag, "less than the 4"},
		{uint32(0), "u32,align=0", ErrTag, "align=0 is no number"},
		{uint32(0), "u32,sum=md5", ErrTag, `no function "md5"`},
		{float32(0), "f32,sum=crc32", ErrTag, "a checksum is an integer"},
		{uint32(0), "u32,utf7", ErrTag, `there is no option "utf7"`},
		{uint32(0), "u32,be=1", ErrTag, `there is no option "be=1"`},
		{uint32(0), "u32,utf8", ErrTag, "an encoding goes with an array"},
		{"", "", ErrTag, "how long is the string"},
		{"", "char", ErrTag, "is no text"},
		{"", "u8[8]", ErrTag, "is no text"},
		{"", "f32[8],utf8", ErrTag, "an encoding goes with an array"},
		{"", "u64[8],utf8", ErrTag, "an encoding goes with an array"},
		{[4]uint16{}, "u16[4],utf16le", ErrTag, "in Go it is no string"},
		{[2]string{}, "char[8]", ErrTag, "dimensions [2]"},
		{0, "", ErrTag, "no fixed size"},
		{uint(0), "", ErrTag, "no fixed size"},
		{0, "u64", ErrTag, "does not fit int"},
		{[]uint8{}, "", ErrType, "arrays of fixed length"},
		{new(int), "", ErrType, "*int"},
		{map[string]int{}, "u8", ErrType, "map[string]int"},
		{complex64(0), "", ErrType, "complex64"},
		{struct{ A uint8 }{}, "u8", ErrTag, "in Go it is a struct"},
		{struct{ A uint8 }{}, ",bits=3", ErrTag, "a struct has no bits"},
		{struct{}{}, "", ErrTag, "without a member"},
	} {
		_, err := structOf(field(row.goType, row.tag), testOptions)
		require.NotNil(t, err, "%T %s", row.goType, row.tag)
		assert.Contains(t, requireError(t, err, "layout", row.code, "B", 0).Msg, row.msg, "%T %s", row.goType, row.tag)
	}
}

func TestBadStructs(t *testing.T) {
	_, err := Of[int](Options{})
	requireError(t, err, "layout", ErrType, "", 0)
	_, err = Of[struct{}](Options{})
	requireError(t, err, "layout", ErrTag, "", 0)
	_, err = Of[struct{ hidden int32 }](Options{})
	assert.ErrorContains(t, err, "not exported")
	_, err = Of[struct {
		_ struct{} `c:"pack=3"`
		A int32
	}](Options{})
	requireError(t, err, "layout", ErrTag, "_", 0)
	_, err = Of[struct {
		_ struct{} `c:"pack=4"`
		A int32    `c:",align=8"`
	}](Options{})
	assert.ErrorContains(t, err, "align= in a packed struct")
	_, err = Of[struct{ A int32 }](Options{ABI: LP64.Packed(3)})
	assert.ErrorContains(t, err, "packed to 3")
	_, err = Of[struct {
		A [2]struct{ B struct{ C []int } }
	}](Options{})
	requireError(t, err, "layout", ErrType, "A.B.C", 0)
}

func TestStructOptions(t *testing.T) {
	type inner struct {
		A uint8
		B uint32
	}
	type outer struct {
		_    struct{} `c:"pack=1,align=16"`
		A    uint8
		In   inner
		Skip map[string]int `c:"-"`
		B    uint16
	}
	s := must[outer](t, testOptions)
	offsets := []int{}
	for _, f := range s.Layout().Fields() {
		offsets = append(offsets, f.Offset)
	}
	assert.Equal(t, []int{0, 1, 9}, offsets, "the struct within is not packed")
	assert.Equal(t, 16, s.Size())
	assert.Equal(t, 16, s.Layout().Align())
	o := testOptions
	o.ABI = LP64.Packed(1)
	assert.Equal(t, 5, must[inner](t, o).Size())
}

func TestView(t *testing.T) {
	type T struct {
		A uint32
		B [2]int16
		C struct{ X, Y float64 }
		_ [4]byte
		D uint16 `c:"char16_t"`
	}
	s := must[T](t, Options{})
	require.NoError(t, s.Viewable())
	v := T{A: 1, B: [2]int16{2, -3}, D: 7}
	v.C.Y = 2.5
	data, err := s.Append(nil, &v)
	require.NoError(t, err)
	aligned := make([]uint64, len(data)/8+1)
	memory := unsafeBytes(aligned)
	copy(memory, data)
	view, err := s.View(memory)
	require.NoError(t, err)
	assert.Equal(t, v, *view)
	view.A = 42
	var back T
	require.NoError(t, s.Decode(memory, &back))
	assert.EqualValues(t, 42, back.A, "what is written to a View is in the data")
	_, err = s.View(memory[1:])
	assert.ErrorContains(t, err, "a multiple of 8")
}

func TestNoView(t *testing.T) {
	no := func(err error, field, msg string) {
		t.Helper()
		e, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		assert.ErrorIs(t, err, ErrView)
		assert.Equal(t, "view", e.Op)
		assert.Equal(t, field, e.Field)
		assert.Contains(t, e.Msg, msg)
	}
	no(must[struct {
		A string `c:"char[4]"`
	}](t, Options{}).Viewable(), "A", "lies elsewhere")
	no(must[struct{ A bool }](t, Options{}).Viewable(), "A", "bool")
	no(must[struct {
		A uint8 `c:",bits=8"`
	}](t, Options{}).Viewable(), "A", "bit field")
	no(must[struct {
		A struct {
			B uint8
			C uint32 `c:",sum=crc32"`
		}
	}](t, testOptions).Viewable(), "A.C", "checksum")
	no(must[struct{ A uint16 }](t, Options{ABI: otherOrder()}).Viewable(), "A", "another byte order")
	no(must[struct {
		A uint8
		B uint32
	}](t, Options{ABI: ABI{}.Packed(1)}).Viewable(), "B", "Go has it at 4")
	no(must[struct {
		A int64 `c:"long"`
	}](t, Options{ABI: LLP64}).Viewable(), "A", "Go has 8 bytes")
	no(must[struct {
		_ struct{} `c:"align=8"`
		A uint32
	}](t, Options{}).Viewable(), "", "it has 8 bytes, and 4 in Go")
	_, err := must[struct{ A bool }](t, Options{}).View(make([]byte, 8))
	no(err, "A", "bool")
}

func otherOrder() ABI {
	if isBigHere {
		return LP64
	}
	return LP64.BigEndian()
}

func TestABI(t *testing.T) {
	assert.Equal(t, "LP64 little", LP64.String())
	assert.Equal(t, "LLP64 big pack=2", LLP64.BigEndian().Packed(2).String())
	assert.Equal(t, ABI{}.resolve().String(), ABI{}.String())
}

func TestParse(t *testing.T) {
	l, err := Parse(`
		// what a camera writes
		big; pack=2
		;u32 magic, seq /* in
		one go */; unsigned long   long total;
		char name[4], unit[2][3] latin1;
		struct { pack=0; u8 a:3; u8 _:2, b:3; struct { f32[2] v; } in }[2] axis
		; bool on; void *p;; std::uint8_t last`, Options{ABI: LP64})
	require.NoError(t, err)
	type row struct {
		name, ctype  string
		offset, size int
	}
	rows := []row{}
	for _, f := range l.Fields() {
		rows = append(rows, row{f.Name, f.Type, f.Offset, f.Size})
	}
	assert.Equal(t, []row{
		{"magic", "u32", 0, 4}, {"seq", "u32", 4, 4}, {"total", "unsigned long long", 8, 8},
		{"name", "char[4]", 16, 4}, {"unit", "char[2][3]", 20, 6}, {"axis", "struct[2]", 26, 24},
		{"on", "bool", 50, 1}, {"p", "void*", 52, 8}, {"last", "std::uint8_t", 60, 1},
	}, rows)
	assert.Equal(t, 62, l.Size())
	assert.Equal(t, "LP64 big pack=2", l.ABI().String())
	axis := l.Fields()[5].Inner
	assert.Equal(t, 4, axis.Align())
	assert.Equal(t, []Field{
		{Name: "a", Type: "u8:3", Size: 1, Bits: 3}, {Type: "u8:2", Size: 1, Bit: 3, Bits: 2},
		{Name: "b", Type: "u8:3", Size: 1, Bit: 5, Bits: 3},
		{Name: "in", Type: "struct", Offset: 4, Size: 8, Inner: axis.Fields()[3].Inner},
	}, axis.Fields())

	data := make([]byte, l.Size())
	in := func(x float32) Record { return Record{{"v", []any{x, float32(-1)}}} }
	record := Record{
		{"magic", uint32(1)}, {"seq", uint32(2)}, {"total", uint64(math.MaxUint64)}, {"name", "abc"},
		{"unit", []any{"é", "m"}},
		{"axis", []any{Record{{"a", uint8(7)}, {"b", uint8(1)}, {"in", in(1.5)}}, Record{{"a", uint8(0)}, {"b", uint8(5)}, {"in", in(0)}}}},
		{"on", true}, {"p", uint64(0)}, {"last", uint8(9)},
	}
	require.NoError(t, l.Encode(data, record))
	back, err := l.Decode(data)
	require.NoError(t, err)
	assert.Equal(t, record, back)
	part, err := axis.Decode(data[26:])
	require.NoError(t, err)
	value, ok := part.Get("a")
	assert.True(t, ok)
	assert.Equal(t, uint8(7), value)
	_, ok = part.Get("none")
	assert.False(t, ok)
	text, err := back.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, `{"magic":1,"seq":2,"total":18446744073709551615,"name":"abc","unit":["é","m"],`+
		`"axis":[{"a":7,"b":1,"in":{"v":[1.5,-1]}},{"a":0,"b":5,"in":{"v":[0,-1]}}],"on":true,"p":0,"last":9}`, string(text))
}

func TestRecordOfFloats(t *testing.T) {
	text, err := Record{{"a", math.NaN()}, {"b", []any{float32(math.Inf(-1)), 0.5}}}.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, `{"a":"NaN","b":["-Inf",0.5]}`, string(text))
}

func TestBadText(t *testing.T) {
	for _, row := range []struct {
		text   string
		at     int
		field  string
		reason string
	}{
		{"", 0, "", "without a member"},
		{"u32", 0, "", "no name of a field"},
		{"u8 a; u33 b", 6, "", `there is no type "u33"`},
		{"u8 a; u32 a", 6, "a", "two fields"},
		{"u8 a; u32 b at=2; u8 c", 6, "b", "it is at 4"},
		{"u8 a; u32 a; u8 c", 6, "a", "two fields"},
		{"u8 a; struct { u8 b; u32 c at=2; u8 d; } e; u8 f", 21, "c", "it is at 4"},
		{"u8 a; struct { u8 _:0; } b; u8 c", 15, "", "without a member"},
		{"u8 a; u32 b at=2", 6, "b", "it is at 4"},
		{"u8 a; u32 b be le", 6, "b", "twice its byte order"},
		{"u8 a; struct { u8 b", 15, "", "without a }"},
		{"u8 a; }", 6, "", "a } without"},
		{"u8 a; struct { u8 b; } u8 c", 6, "u8", "there is no option \"c\""},
		{"u8 a { u32 b; }", 0, "", "where a ; should be"},
		{"u8[2 a", 0, "", "no dimension"},
		{"u8 a[2", 0, "a", "no option"},
		{"u8 a[2]]", 0, "a", "no dimension"},
		{"u8 a[]", 0, "a", "no number of elements"},
		{"u8 3a", 0, "", "no name"},
		{"u8 a:", 0, "a", "bits= is no number"},
		{"u8 a; big; u8 b", 6, "", `there is no type "big"`},
		{"u8[1000000][1000000] a", 0, "", "more than"},
		{"u64[1000000000] a", 0, "a", "larger than"},
		{"u8 a; struct { u8[1073741824] b; }[1073741824] c", 6, "c", "larger than"},
		{"u8 a; struct { align=1073741824; u8 b; }[1073741824] c", 6, "c", "larger than"},
		{"u8 a" + strings.Repeat("[1]", 10000), 0, "a", "more than 64 dimensions"},
		{strings.Repeat("struct {", 25) + "u8 a,b" + strings.Repeat("} a,b", 25), 80, "b", "more than 65536 fields"},
		{"u8 a;\nlong double d", 6, "d", "no option"},
		{strings.Repeat("struct {", 100), 512, "", "more than 64 structs"},
	} {
		_, err := Parse(row.text, Options{ABI: LP64})
		e, ok := errors.AsType[*Error](err)
		require.True(t, ok, "%q: %v", row.text, err)
		assert.Equal(t, "parse", e.Op)
		assert.ErrorIs(t, err, ErrTag)
		assert.Contains(t, e.Error(), row.reason, "%q", row.text)
		assert.Equal(t, row.at, e.Offset, "%q: %v", row.text, err)
	}
}

func TestNamesOfTypes(t *testing.T) {
	for ctype, want := range map[string]int{
		"long long int": 8, "unsigned long long int": 8, "signed long long": 8, "signed long long int": 8,
		"signed long int": 8, "signed short int": 2,
	} {
		l, err := Parse(ctype+" a[2], b", Options{ABI: LP64})
		require.NoError(t, err)
		assert.Equal(t, 3*want, l.Size(), ctype)
	}
}

func TestNumbersOfC(t *testing.T) {
	l, err := Parse("char a[0x10], b[010]; u32 c at=0x18 align=010; u8 d:03", Options{ABI: LP64})
	require.NoError(t, err)
	assert.Equal(t, 32, l.Size())
	_, err = Parse("u8 a[08]", Options{})
	assert.ErrorContains(t, err, `"08" is no number`)
}

func TestArraysOfArrays(t *testing.T) {
	l, err := Parse("char[2] names[3], name, more[1][2]", Options{ABI: LP64})
	require.NoError(t, err)
	r, err := l.Decode([]byte("aabbccddeeff"))
	require.NoError(t, err)
	text, err := r.MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, `{"names": ["aa", "bb", "cc"], "name": "dd", "more": [["ee", "ff"]]}`, string(text))
}

func TestLineEndsAreSpaces(t *testing.T) {
	l, err := Parse("u8[2] a[3]\n[2]; u16 b, c:3\nbe", Options{ABI: LP64})
	require.NoError(t, err)
	assert.Equal(t, 16, l.Size())
}

func TestBadRecords(t *testing.T) {
	l, err := Parse("u8 a; i16[2] b; struct { f32 x; }[2] c; char[4] d; bool e; u32[2][3] f; char[2][2][4] g", Options{ABI: LP64})
	require.NoError(t, err)
	data := make([]byte, l.Size())
	for _, row := range []struct {
		record Record
		field  string
		offset int
		reason string
	}{
		{Record{{"z", 1}}, "z", 0, "no field of that name"},
		{Record{{"a", 256}}, "a", 0, "is not a value"},
		{Record{{"a", -1}}, "a", 0, "is not a value"},
		{Record{{"a", 1.5}}, "a", 0, "is not a value"},
		{Record{{"a", math.NaN()}}, "a", 0, "is not a value"},
		{Record{{"a", "1"}}, "a", 0, "is not a value"},
		{Record{{"a", nil}}, "a", 0, "nil"},
		{Record{{"b", []int{1, 2, 3}}}, "b", 2, "3 elements"},
		{Record{{"b", []any{1, 40000}}}, "b[1]", 4, "is not a value"},
		{Record{{"b", 1}}, "b", 2, "no array"},
		{Record{{"c", []any{Record{}, Record{{"x", true}}}}}, "c[1].x", 12, "is not a value"},
		{Record{{"c", []any{1}}}, "c[0]", 8, "is not a value"},
		{Record{{"c", Record{}}}, "c", 8, "no array"},
		{Record{{"d", "abcd"}}, "d", 16, "room for 4"},
		{Record{{"e", 1}}, "e", 20, "is not a value"},
		{Record{{"f", [][]int{{1, 2, 3}, {4, 5, 1 << 40}}}}, "f[1][2]", 44, "is not a value"},
		{Record{{"g", []any{[]any{"a"}, []any{"b", 3}}}}, "g[1][1]", 60, "is not a value"},
	} {
		err := l.Encode(data, row.record)
		assert.Contains(t, requireError(t, err, "encode", ErrValue, row.field, row.offset).Msg, row.reason)
	}
	l, err = Parse("u8 a; i16[2] b; struct { f32 x; }[2] c; char[4] d; bool e", Options{ABI: LP64})
	require.NoError(t, err)
	require.NoError(t, l.Encode(data, Record{{"a", 255.0}, {"b", [1]int64{-7}}, {"c", []Record{{{"x", 0.1}}}}, {"e", true}}))
	r, err := l.Decode(data)
	require.NoError(t, err)
	assert.Equal(t, Record{{"a", uint8(255)}, {"b", []any{int16(-7), int16(0)}},
		{"c", []any{Record{{"x", float32(0.1)}}, Record{{"x", float32(0)}}}}, {"d", ""}, {"e", true}}, r)
}

// fields20 is a struct as programs have them, of 20 fields.
type fields20 struct {
	Magic, Version uint32
	Sequence, Time uint64
	Temp, Pressure float64
	X, Y, Z        float32
	Mode           uint8
	Valid, Ready   bool
	Errors         uint16
	Flags          uint8 `c:",bits=3"`
	Level          uint8 `c:",bits=5"`
	Count          int32
	Total          int64  `c:"long"`
	Name           string `c:"char[16]"`
	Raw            [8]uint8
	Port           uint16 `c:",be"`
}

func benchmarkData(t testing.TB) (*Struct[fields20], []byte) {
	s := must[fields20](t, testOptions)
	require.Len(t, s.Layout().Fields(), 20)
	data, err := s.Append(nil, &fields20{Magic: 1, Total: -9, Name: "camera-4711", Valid: true, Flags: 5, Level: 17, Port: 80})
	require.NoError(t, err)
	return s, data
}

// The Go type of the values of a layout is made once, whoever asks first.
func TestRecordsAtOnce(t *testing.T) {
	for text, allocations := range map[string]float64{"u8 a; struct { i16 b; char[4] c; }[2] d": 16, "f64[3] e": 9} {
		l, err := Parse(text, testOptions)
		require.NoError(t, err)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				r, err := l.Decode(make([]byte, l.Size()))
				assert.NoError(t, err)
				assert.NoError(t, l.Encode(make([]byte, l.Size()), r))
				if inner := l.Fields()[len(l.Fields())-1].Inner; inner != nil { // a part is a layout as well
					_, err = inner.Decode(make([]byte, inner.Size()))
					assert.NoError(t, err)
				}
			})
		}
		all.Wait()
		data := make([]byte, l.Size())
		assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = l.Decode(data) }), allocations, "those of the values alone")
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	s, data := benchmarkData(t)
	var v fields20
	require.NoError(t, s.Decode(data, &v))
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if s.Decode(data, &v) != nil || s.Encode(data, &v) != nil {
			t.Fail()
		}
	}))
}

func BenchmarkDecode20Fields(b *testing.B) {
	s, data := benchmarkData(b)
	var v fields20
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Decode(data, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeRecordOf20Fields(b *testing.B) {
	s, data := benchmarkData(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Layout().Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode20Fields(b *testing.B) {
	s, data := benchmarkData(b)
	var v fields20
	require.NoError(b, s.Decode(data, &v))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Encode(data, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("u32 magic; u32 seq; f64 temp; char[16] name", []byte("0123456789012345678901234567890123456789"))
	f.Add("big; pack=1; u8 a:3, b:5; struct { bool x; QChar[3] y; }[2] z", make([]byte, 40))
	f.Add("LLP64; long a; i8 _:0; i64 b:33; void* p", make([]byte, 40))
	f.Fuzz(func(t *testing.T, text string, data []byte) {
		l, err := Parse(text, Options{ABI: LP64})
		if err != nil {
			_, ok := errors.AsType[*Error](err)
			require.True(t, ok)
			return
		}
		if l.Size() > 1<<16 {
			return // it would only take long
		}
		r, err := l.Decode(data)
		if err != nil {
			_, ok := errors.AsType[*Error](err)
			require.True(t, ok)
			return
		}
		again := make([]byte, l.Size())
		if err := l.Encode(again, r); err != nil {
			require.ErrorIs(t, err, ErrValue) // text without a NUL at its end
			return
		}
		back, err := l.Decode(again)
		require.NoError(t, err)
		text1, _ := r.MarshalJSON()
		text2, _ := back.MarshalJSON()
		require.Equal(t, string(text1), string(text2))
	})
}
