package layout

import (
	"maps"
	"reflect"
	"sync"

	"qtinterop/qtbridge"
)

// Options are what a layout depends on besides its fields. The zero Options are those
// of a C++ program of this machine.
type Options struct {
	ABI ABI
	// Encodings are those that tags name besides utf8, utf16le, utf16be, latin1 and
	// local8bit: "gbk": qtbridge.XText(simplifiedchinese.GBK).
	Encodings map[string]qtbridge.Encoding
	// Sums are the checksums that tags name: sum=crc32.
	Sums map[string]Sum
}

// Sum computes a checksum of a struct that has it in a field: of the bytes before that
// field, of those after it, or of both. It must not keep or change them.
type Sum func(before, after []byte) uint64

var encodings = map[string]qtbridge.Encoding{
	"utf8": qtbridge.UTF8, "utf16le": qtbridge.UTF16LE, "utf16be": qtbridge.UTF16BE,
	"latin1": qtbridge.Latin1, "local8bit": qtbridge.Local8Bit,
}

func (o *Options) encoding(name string) (qtbridge.Encoding, bool) {
	if e, ok := o.Encodings[name]; ok {
		return e, true
	}
	e, ok := encodings[name]
	return e, ok
}

// resolve is o without what is taken from this machine, and of its own.
func (o Options) resolve() (Options, *Error) {
	o.ABI = o.ABI.resolve()
	o.Encodings, o.Sums = maps.Clone(o.Encodings), maps.Clone(o.Sums)
	if !isPack(o.ABI.pack) {
		return o, tagError("", "packed to %d, which is none of 1, 2, 4, 8, 16", o.ABI.pack)
	}
	return o, nil
}

// Layout is a struct as a C or C++ compiler lays it out. It never changes, and any
// goroutine may use it.
type Layout struct {
	abi     ABI
	size    int
	align   int
	fields  []Field
	members []*member
	count   int                             // of the fields, with those of the structs in it
	records func() (*program, reflect.Type) // what [Layout.Decode] does, made once
}

// Field is a member of a struct and where it lies.
type Field struct {
	Name   string  // empty: reserved bytes or bits
	Type   string  // as in the text of a layout: "u32", "char[16]", "u8:3"
	Offset int     // in bytes from the start of the struct
	Size   int     // in bytes; for bit fields of the bytes that they touch
	Bits   int     // of a bit field; 0 for others
	Bit    int     // of a bit field: its first bit in the byte at Offset, in the order of the ABI
	Inner  *Layout // of a struct, or of the elements of an array of structs
}

// Size is sizeof() in bytes.
func (l *Layout) Size() int { return l.size }

// Align is alignof() in bytes.
func (l *Layout) Align() int { return l.align }

// ABI is that of the layout.
func (l *Layout) ABI() ABI { return l.abi }

// Fields returns the members in their order.
func (l *Layout) Fields() []Field { return append([]Field(nil), l.fields...) }

// maxFields is how many fields a struct may have, with those of the structs in it.
const maxFields = 1 << 16

// newLayout places members. pack and align are those of the struct.
func newLayout(abi ABI, members []*member, align int) (*Layout, *Error) {
	l := &Layout{abi: abi, members: members}
	l.records = sync.OnceValues(func() (*program, reflect.Type) {
		t := recordType(l)
		return compile(l, memberFields(t)), t
	})
	p := placer{abi: abi, pack: abi.pack, align: max(1, align)}
	names := map[string]bool{}
	from := 0
	for _, m := range members {
		from = m.from
		if err := l.add(m, &p, names); err != nil {
			err.Offset = from
			return nil, err
		}
	}
	var err *Error
	switch l.size, l.align = p.end(), p.align; {
	case l.size == 0:
		err = tagError("", "a struct without a member")
	case l.size > maxSize:
		err = tooLarge("")
	default:
		return l, nil
	}
	err.Offset = from
	return nil, err
}

// add places a member behind those before, which have the names.
func (l *Layout) add(m *member, p *placer, names map[string]bool) *Error {
	if err := m.check(l.abi.pack); err != nil {
		return err
	}
	if names[m.name] && m.name != "" {
		return tagError(m.name, "there are two fields of that name")
	}
	names[m.name] = true
	if l.count += m.fields(); l.count > maxFields {
		return tagError(m.name, "more than %d fields, with those of the structs within", maxFields)
	}
	if m.count() > maxSize/m.elemSize() {
		return tooLarge(m.name) // so many that their bits may be beyond an int
	}
	bit := p.place(m)
	if p.bit > 8*maxSize {
		return tooLarge(m.name)
	}
	field := fieldAt(m, bit)
	if m.at >= 0 && m.at != field.Offset {
		return tagError(m.name, "at=%d, but with %v it is at %d", m.at, l.abi, field.Offset)
	}
	l.fields = append(l.fields, field)
	return nil
}

func tooLarge(name string) *Error {
	return tagError(name, "the struct is larger than %d bytes", maxSize)
}

func fieldAt(m *member, bit int) Field {
	f := Field{Name: m.name, Type: m.String(), Offset: bit / 8, Inner: m.inner}
	if !m.isBit {
		f.Size = m.elemSize() * m.count()
		return f
	}
	f.Bit, f.Bits = bit%8, m.bits
	f.Size = roundUp(f.Bit+f.Bits, 8) / 8
	return f
}
