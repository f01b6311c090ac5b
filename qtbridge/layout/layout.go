package layout

import (
	"maps"

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
	record  *program // what [Layout.Decode] does; nil in a part of another Layout
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

// newLayout places members. pack and align are those of the struct.
func newLayout(abi ABI, members []*member, align int) (*Layout, *Error) {
	l := &Layout{abi: abi, members: members}
	p := placer{abi: abi, pack: abi.pack, align: max(1, align)}
	names := map[string]bool{}
	for _, m := range members {
		if err := m.check(abi.pack); err != nil {
			return nil, err
		}
		if names[m.name] && m.name != "" {
			return nil, tagError(m.name, "there are two fields of that name")
		}
		names[m.name] = true
		bit := p.place(m)
		if p.bit > 8*maxSize {
			return nil, tagError(m.name, "the struct is larger than %d bytes", maxSize)
		}
		field := fieldAt(m, bit)
		if m.at >= 0 && m.at != field.Offset {
			return nil, tagError(m.name, "at=%d, but with %v it is at %d", m.at, abi, field.Offset)
		}
		l.fields = append(l.fields, field)
	}
	if l.size, l.align = p.end(), p.align; l.size == 0 {
		return nil, tagError("", "a struct without a member")
	}
	return l, nil
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
