//go:build linux && amd64

package layout

import (
	"bytes"
	"debug/elf"
	"debug/pe"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// target is a compiler and the ABI that we take for its own.
type target struct {
	name    string
	abi     ABI
	command []string
	object  func(path string, sections ...string) ([][]byte, error)
	long    string // what stands for long, where the compiler's has another size
	structs string // an attribute of all structs
	noText  bool   // it cannot initialize char16_t by text there
}

// targets are the compilers that are here. MinGW's is Windows' ABI itself; without it
// GCC here lays out by Microsoft's rule, with int for long.
func targets() []target {
	all := []target{
		{name: "LP64", abi: LP64, command: []string{"g++", "-xc++"}, object: elfSections},
		// C++ has no such attribute, C in GCC has.
		{name: "LP64-big", abi: LP64.BigEndian(), command: []string{"gcc", "-xc", "-std=gnu11"}, object: elfSections,
			structs: `__attribute__((scalar_storage_order("big-endian")))`, noText: true},
	}
	for name, compiler := range map[string]string{"LLP64-mingw": "x86_64-w64-mingw32-g++", "LLP64-rules": "g++"} {
		if _, err := exec.LookPath(compiler); err == nil {
			t := target{name: name, abi: LLP64, command: []string{compiler, "-xc++"}, object: peSections}
			if compiler == "g++" {
				t.command, t.object, t.long = append(t.command, "-mms-bitfields"), elfSections, "int"
			}
			all = append(all, t)
		}
	}
	return all
}

func elfSections(path string, names ...string) (all [][]byte, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, name := range names {
		data, err := f.Section(name).Data()
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func peSections(path string, names ...string) (all [][]byte, err error) {
	f, err := pe.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, name := range names {
		data, err := f.Section(name).Data()
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// prelude gives C the names of types that we have and it has not.
const prelude = `#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
#define ALIGNOF alignof
#define ALIGNAS alignas
#else
#include <stdbool.h>
#include <uchar.h>
#define ALIGNOF _Alignof
#define ALIGNAS _Alignas
#endif
typedef int8_t i8, qint8; typedef uint8_t u8, quint8, uchar;
typedef int16_t i16, qint16; typedef uint16_t u16, quint16;
typedef int32_t i32, qint32; typedef uint32_t u32, quint32;
typedef long long i64, qint64, qlonglong; typedef unsigned long long u64, quint64, qulonglong;
typedef float f32; typedef double f64, qreal;
typedef char16_t QChar;
`

// sample is a random struct: in the words of Parse, in C, by Go tags, and with values.
type sample struct {
	name   string
	pack   int
	align  int // alignas() of the struct
	fields []sampleField
}

type sampleField struct {
	name, ctype string
	dims        []int
	bits        int // -1: no bit field
	align       int
	inner       *sample
}

var sampleTypes = []string{
	"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64", "bool", "char", "QChar", "char16_t",
	"short", "unsigned short", "int", "unsigned int", "unsigned", "long", "unsigned long", "long long",
	"unsigned long long", "size_t", "ptrdiff_t", "float", "double", "qreal", "quint8", "qint16", "quint64",
	"uint8_t", "int32_t", "uint64_t", "signed char", "unsigned char", "uchar",
}

var bitTypes = []string{"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "int", "unsigned", "long", "bool"}

func randomSample(r *rand.Rand, name string, depth int, noText bool) *sample {
	s := &sample{name: name}
	if r.IntN(3) == 0 {
		s.pack = 1 << r.IntN(5)
	}
	if depth > 0 && r.IntN(4) == 0 {
		s.align = 128
	}
	bitty := r.IntN(2) == 0
	for i := range 1 + r.IntN(8) {
		f := sampleField{name: fmt.Sprintf("f%d", i), bits: -1}
		switch {
		case bitty && r.IntN(2) == 0:
			f.randomBits(r, i > 0)
		case depth < 2 && r.IntN(8) == 0:
			f.inner = randomSample(r, fmt.Sprintf("%s_%d", name, i), depth+1, noText)
			f.ctype = "struct " + f.inner.name
			f.dims = randomDims(r, 3)
		default:
			f.ctype = sampleTypes[r.IntN(len(sampleTypes))]
			f.dims = randomDims(r, 5)
			if noText && f.isText() {
				f.ctype = "u16"
			}
			if s.pack == 0 && r.IntN(8) == 0 {
				f.align = 8 << r.IntN(4)
			}
		}
		s.fields = append(s.fields, f)
	}
	if s.fields[len(s.fields)-1].name == "" {
		s.fields = append(s.fields, sampleField{name: "last", ctype: "u8", bits: -1})
	}
	return s
}

func randomDims(r *rand.Rand, most int) (dims []int) {
	for r.IntN(3) == 0 && len(dims) < 3 {
		dims = append(dims, 1+r.IntN(most))
	}
	return dims
}

func (f *sampleField) randomBits(r *rand.Rand, unnamed bool) {
	f.ctype = bitTypes[r.IntN(len(bitTypes))]
	s := scalars[f.ctype].in(LLP64)
	limit := 8 * s.size
	if s.kind == kindBool {
		limit = 1
	}
	f.bits = 1 + r.IntN(limit)
	if unnamed && r.IntN(6) == 0 {
		f.name, f.bits = "", r.IntN(limit+1)
	}
}

func (f *sampleField) brackets() string {
	var b strings.Builder
	for _, dim := range f.dims {
		fmt.Fprintf(&b, "[%d]", dim)
	}
	return b.String()
}

func (f *sampleField) isText() bool {
	return (f.ctype == "char" || f.ctype == "QChar" || f.ctype == "char16_t") && len(f.dims) > 0
}

// fill gives the fields values.
func (s *sample) fill(r *rand.Rand, abi ABI) (Record, string) {
	var record Record
	literals := []string{}
	for i := range s.fields {
		f := &s.fields[i]
		if f.name == "" {
			continue
		}
		dims := f.dims
		if f.isText() {
			dims = dims[:len(dims)-1]
		}
		value, literal := f.values(r, abi, dims)
		record = append(record, Value{f.name, value})
		literals = append(literals, literal)
	}
	return record, "{" + strings.Join(literals, ", ") + "}"
}

func (f *sampleField) values(r *rand.Rand, abi ABI, dims []int) (any, string) {
	if len(dims) == 0 {
		if f.inner != nil {
			return f.inner.fill(r, abi)
		}
		return f.one(r, abi)
	}
	list, literals := []any{}, []string{}
	for range dims[0] {
		value, literal := f.values(r, abi, dims[1:])
		list, literals = append(list, value), append(literals, literal)
	}
	return list, "{" + strings.Join(literals, ", ") + "}"
}

func (f *sampleField) one(r *rand.Rand, abi ABI) (any, string) {
	s := scalars[f.ctype].in(abi)
	size := 8 * s.size
	if f.bits >= 0 {
		size = f.bits
	}
	n := r.Uint64() >> (64 - size)
	m := &member{scalar: s}
	switch {
	case f.isText():
		text := "abcdefghi"[:f.dims[len(f.dims)-1]-1]
		if f.ctype == "char" {
			return text, `"` + text + `"`
		}
		return text, `u"` + text + `"`
	case s.kind == kindBool:
		return n&1 == 1, fmt.Sprint(n & 1)
	case s.kind == kindFloat && s.size == 4:
		return float32(int32(n)) / 8, fmt.Sprintf("(float)%d / 8", int32(n))
	case s.kind == kindFloat:
		return float64(int32(n)) / 8, fmt.Sprintf("(double)%d / 8", int32(n))
	case s.kind == kindChar:
		return uint8(n & 0x7F), fmt.Sprint(n & 0x7F)
	}
	v := reflect.New(m.scalarType()).Elem()
	if s.kind == kindInt {
		v.SetInt(int64(extend(n, size, true)))
		if v.Int() == -1<<63 {
			return v.Interface(), "-0x7fffffffffffffffLL - 1"
		}
		return v.Interface(), fmt.Sprintf("%dLL", v.Int())
	}
	v.SetUint(n)
	return v.Interface(), fmt.Sprintf("%dULL", n)
}

// c is the struct in C, after those within it.
func (s *sample) c(t target) string {
	var b strings.Builder
	for _, f := range s.fields {
		if f.inner != nil {
			b.WriteString(f.inner.c(t))
		}
	}
	if s.pack != 0 {
		fmt.Fprintf(&b, "#pragma pack(push, %d)\n", s.pack)
	}
	align := t.structs
	if s.align != 0 {
		align += fmt.Sprintf("__attribute__((aligned(%d)))", s.align)
	}
	fmt.Fprintf(&b, "struct %s %s {\n", align, s.name)
	for _, f := range s.fields {
		ctype := f.ctype
		if t.long != "" {
			ctype = strings.NewReplacer("long long", "long long", "long", t.long).Replace(ctype)
		}
		if f.align != 0 {
			fmt.Fprintf(&b, "ALIGNAS(%d) ", f.align)
		}
		fmt.Fprintf(&b, "%s %s%s", ctype, f.name, f.brackets())
		if f.bits >= 0 {
			fmt.Fprintf(&b, ":%d", f.bits)
		}
		b.WriteString(";\n")
	}
	b.WriteString("};\n")
	if s.pack != 0 {
		b.WriteString("#pragma pack(pop)\n")
	}
	return b.String()
}

// text is the struct as Parse takes it.
func (s *sample) text(pack int) string {
	var b strings.Builder
	if s.pack != pack {
		fmt.Fprintf(&b, "pack=%d; ", s.pack)
	}
	if s.align != 0 {
		fmt.Fprintf(&b, "align=%d; ", s.align)
	}
	for _, f := range s.fields {
		dims := f.brackets()
		name := f.name
		if name == "" {
			name = "_"
		}
		switch {
		case f.inner != nil:
			fmt.Fprintf(&b, "struct { %s }%s %s", f.inner.text(s.pack), dims, name)
		case f.bits >= 0:
			fmt.Fprintf(&b, "%s %s:%d", f.ctype, name, f.bits)
		case len(f.name)%2 == 0:
			fmt.Fprintf(&b, "%s%s %s", f.ctype, dims, name)
		default:
			fmt.Fprintf(&b, "%s %s%s", f.ctype, name, dims)
		}
		if f.align != 0 {
			fmt.Fprintf(&b, " align=%d", f.align)
		}
		b.WriteString("; ")
	}
	return b.String()
}

// goType is the struct in Go, by tags.
func (s *sample) goType() reflect.Type {
	var fields []reflect.StructField
	if s.pack != 0 {
		fields = append(fields, reflect.StructField{Name: "_", PkgPath: "x", Type: reflect.TypeFor[struct{}](),
			Tag: reflect.StructTag(fmt.Sprintf(`c:"pack=%d"`, s.pack))})
	}
	if s.align != 0 {
		fields = append(fields, reflect.StructField{Name: "_", PkgPath: "x", Type: reflect.TypeFor[struct{}](),
			Tag: reflect.StructTag(fmt.Sprintf(`c:"align=%d"`, s.align))})
	}
	for _, f := range s.fields {
		field := reflect.StructField{Name: strings.ToUpper(f.name), Tag: reflect.StructTag(fmt.Sprintf(`c:%q`, f.tag()))}
		if f.name == "" {
			field.Name, field.PkgPath = "_", "x"
		}
		m := &member{at: -1, dims: f.dims}
		if f.inner != nil {
			field.Type = f.inner.goType()
			for i := len(f.dims) - 1; i >= 0; i-- {
				field.Type = reflect.ArrayOf(f.dims[i], field.Type)
			}
		} else {
			m.scalar = scalars[f.ctype].in(LP64) // Go's type is as large as any
			field.Type = m.goType()
		}
		fields = append(fields, field)
	}
	return reflect.StructOf(fields)
}

func (f *sampleField) tag() string {
	tag := ""
	if f.inner == nil {
		tag = f.ctype + f.brackets()
	}
	if f.bits >= 0 {
		tag += fmt.Sprintf(",bits=%d", f.bits)
	}
	if f.align != 0 {
		tag += fmt.Sprintf(",align=%d", f.align)
	}
	return tag
}

// compiled is what a compiler says of samples.
type compiled struct {
	numbers []uint64
	bytes   []byte
}

func (c *compiled) next() int {
	n := c.numbers[0]
	c.numbers = c.numbers[1:]
	return int(n)
}

func compileSamples(t *testing.T, target target, samples []*sample, literals []string) *compiled {
	t.Helper()
	if _, err := exec.LookPath(target.command[0]); err != nil {
		peertest.Skip(t, "there is no "+target.command[0]+": run scripts/setup")
	}
	var b strings.Builder
	b.WriteString(prelude)
	for _, s := range samples {
		b.WriteString(s.c(target))
	}
	b.WriteString("struct All {\n")
	for i, s := range samples {
		fmt.Fprintf(&b, "struct %s v%d;\n", s.name, i)
	}
	b.WriteString("};\nextern const struct All all;\nconst struct All all __attribute__((section(\".vals\"), used)) = {\n" + strings.Join(literals, ",\n") + "};\n")
	b.WriteString("extern const unsigned long long numbers[];\nconst unsigned long long numbers[] __attribute__((section(\".nums\"), used)) = {\n")
	for i, s := range samples {
		fmt.Fprintf(&b, "offsetof(struct All, v%d), sizeof(struct %s), ALIGNOF(struct %s),\n", i, s.name, s.name)
		for _, f := range s.fields {
			if f.bits < 0 {
				fmt.Fprintf(&b, "offsetof(struct %s, %s), ", s.name, f.name)
			}
		}
	}
	b.WriteString("};\n")
	source, object := filepath.Join(t.TempDir(), "samples.c"), filepath.Join(t.TempDir(), "samples.o")
	require.NoError(t, os.WriteFile(source, []byte(b.String()), 0o666))
	out, err := exec.Command(target.command[0], append(target.command[1:], "-w", "-c", "-o", object, source)...).CombinedOutput()
	require.NoError(t, err, "%.3000s", out)
	sections, err := target.object(object, ".nums", ".vals")
	require.NoError(t, err)
	c := &compiled{numbers: make([]uint64, len(sections[0])/8), bytes: sections[1]}
	require.NoError(t, binary.Read(bytes.NewReader(sections[0][:len(c.numbers)*8]), binary.LittleEndian, c.numbers))
	return c
}

// Where a real compiler puts the members of random structs we find them, and their values,
// and what we encode has the bytes of the compiler.
func TestCompilersAgree(t *testing.T) {
	for _, target := range targets() {
		t.Run(target.name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			const n = 400
			samples, records, literals := make([]*sample, n), make([]Record, n), make([]string, n)
			for i := range samples {
				samples[i] = randomSample(r, fmt.Sprintf("S%d", i), 0, target.noText)
				records[i], literals[i] = samples[i].fill(r, target.abi)
			}
			c := compileSamples(t, target, samples, literals)
			for i, s := range samples {
				compareSample(t, target, s, records[i], c)
				if t.Failed() {
					t.Fatalf("of %s\nin C: %s\n%s", s.text(0), s.c(target), literals[i])
				}
			}
		})
	}
}

func compareSample(t *testing.T, target target, s *sample, record Record, c *compiled) {
	t.Helper()
	text := s.text(0)
	l, err := Parse(text, Options{ABI: target.abi})
	require.NoError(t, err, text)
	at := c.next()
	assert.Equal(t, c.next(), l.Size(), "sizeof")
	assert.Equal(t, c.next(), l.Align(), "alignof")
	for i, f := range s.fields {
		if f.bits < 0 {
			assert.Equal(t, c.next(), l.Fields()[i].Offset, "offsetof %s", f.name)
		}
	}
	tagged, tagErr := structOf(s.goType(), Options{ABI: target.abi})
	require.Nil(t, tagErr)
	assertSameFields(t, l, tagged)
	if t.Failed() {
		return
	}
	want := c.bytes[at : at+l.Size()]
	got, err := l.Decode(want)
	require.NoError(t, err, text)
	assert.Equal(t, record, got)
	data := make([]byte, l.Size())
	require.NoError(t, l.Encode(data, record))
	assert.Equal(t, want, data)
	sameByTags(t, tagged, s.goType(), want)
}

func assertSameFields(t *testing.T, want, got *Layout) {
	t.Helper()
	assert.Equal(t, want.Size(), got.Size())
	assert.Equal(t, want.Align(), got.Align())
	require.Len(t, got.fields, len(want.fields))
	for i, f := range want.fields {
		g := got.fields[i]
		assert.Equal(t, []any{f.Type, f.Offset, f.Size, f.Bit, f.Bits}, []any{g.Type, g.Offset, g.Size, g.Bit, g.Bits})
		if f.Inner != nil {
			assertSameFields(t, f.Inner, g.Inner)
		}
	}
}

// sameByTags decodes data into a value of a Go type and encodes it again.
func sameByTags(t *testing.T, l *Layout, goType reflect.Type, data []byte) {
	t.Helper()
	p := compile(l, memberFields(goType))
	v := reflect.New(goType)
	require.Nil(t, p.decode(data, v.UnsafePointer()))
	again := make([]byte, len(data))
	require.Nil(t, p.encode(again, v.UnsafePointer()))
	assert.Equal(t, data, again)
}
