package layout

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// tagKey is the key of our tags.
const tagKey = "c"

// goKinds are the C types of Go types that have just one.
var goKinds = map[reflect.Kind]string{
	reflect.Bool: "bool",
	reflect.Int8: "i8", reflect.Int16: "i16", reflect.Int32: "i32", reflect.Int64: "i64",
	reflect.Uint8: "u8", reflect.Uint16: "u16", reflect.Uint32: "u32", reflect.Uint64: "u64",
	reflect.Float32: "f32", reflect.Float64: "f64",
}

// elements splits a Go type into its dimensions and what they are of.
func elements(t reflect.Type) (dims []int, leaf reflect.Type) {
	for t.Kind() == reflect.Array {
		dims = append(dims, t.Len())
		t = t.Elem()
	}
	return dims, t
}

// structOf is the layout of a Go struct by its tags.
func structOf(t reflect.Type, o Options) (*Layout, *Error) {
	abi, align := o.ABI, 0
	for field := range t.Fields() {
		if isStructOption(field) {
			if err := setStruct(&abi, &align, strings.Split(field.Tag.Get(tagKey), ",")); err != nil {
				return nil, err
			}
		}
	}
	members := []*member{}
	for _, field := range memberFields(t) {
		m, err := memberOf(field, field.Tag.Get(tagKey), o)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return newLayout(abi, members, align)
}

// memberFields are the fields of a Go struct that stand for members in C.
func memberFields(t reflect.Type) (fields []reflect.StructField) {
	for field := range t.Fields() {
		if field.Tag.Get(tagKey) != "-" && !isStructOption(field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// isStructOption tells whether a field stands for the whole struct.
func isStructOption(field reflect.StructField) bool {
	_, hasTag := field.Tag.Lookup(tagKey)
	return hasTag && field.Name == "_" && field.Type.Kind() == reflect.Struct && field.Type.NumField() == 0
}

// setStruct sets what is said of a whole struct: "pack=1", "align=64".
func setStruct(abi *ABI, align *int, options []string) *Error {
	for _, option := range options {
		name, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		n, err := strconv.Atoi(value)
		switch {
		case name == "pack" && err == nil && isPack(n):
			abi.pack = n
		case name == "align" && err == nil && n > 0 && n <= maxSize && n&(n-1) == 0:
			*align = n
		default:
			return tagError("_", "%q is nothing that a whole struct can have: pack=1, 2, 4, 8 or 16 (0 for none), or align= a power of 2", option)
		}
	}
	return nil
}

func memberOf(field reflect.StructField, tag string, o Options) (*member, *Error) {
	m := &member{name: field.Name, at: -1, big: o.ABI.isBig()}
	if m.name == "_" {
		m.name = ""
	} else if !field.IsExported() {
		return nil, tagError(field.Name, `it is not exported, so nothing can be decoded into it: export it, call it _ if its bytes are reserved, or leave it out with the tag c:"-"`)
	}
	parts := strings.Split(tag, ",")
	dims, leaf := elements(field.Type)
	if err := m.setGoType(strings.TrimSpace(parts[0]), dims, leaf, o); err != nil {
		return nil, err
	}
	for _, option := range parts[1:] {
		if err := m.setOption(strings.TrimSpace(option), &o); err != nil {
			return nil, err
		}
	}
	if err := m.check(0); err != nil {
		return nil, err
	}
	return m, m.fits(dims, leaf)
}

// setGoType sets the C type from a tag, or where that has none from the Go type.
func (m *member) setGoType(ctype string, dims []int, leaf reflect.Type, o Options) *Error {
	if leaf.Kind() == reflect.Struct {
		if ctype != "" {
			return tagError(m.name, "its tag says %s, but in Go it is a struct", ctype)
		}
		m.dims = dims
		inner, err := structOf(leaf, o)
		if err != nil {
			return err.within(m.name, 0)
		}
		m.inner = inner
		return m.tooMany()
	}
	if ctype == "" {
		if ctype = goKinds[leaf.Kind()]; ctype == "" {
			return m.noGoType(leaf)
		}
	}
	if err := m.setType(ctype, &o); err != nil {
		return err
	}
	if len(m.dims) == 0 {
		m.dims = dims
	}
	return m.tooMany()
}

func (m *member) tooMany() *Error {
	n := 1
	for _, dim := range m.dims {
		if n *= dim; dim < 1 || n > maxSize {
			return tagError(m.name, "an array of no elements, or of more than %d", maxSize)
		}
	}
	return nil
}

func (m *member) noGoType(leaf reflect.Type) *Error {
	switch leaf.Kind() {
	case reflect.String:
		return tagError(m.name, `how long is the string in C? Say so by a tag: c:"char[16]"`)
	case reflect.Int, reflect.Uint, reflect.Uintptr:
		return tagError(m.name, `Go's %v has no fixed size: use int32 and the like, or say the C type by a tag: c:"long"`, leaf)
	}
	return typeError(m.name, "%v: a struct in C has numbers, bools, arrays of fixed length, and structs of these", leaf)
}

// fits tells whether the values of the C type can be in the Go type.
func (m *member) fits(dims []int, leaf reflect.Type) *Error {
	if m.inner != nil {
		return nil
	}
	mine := m.dims
	if leaf.Kind() == reflect.String {
		if !m.isText() && m.text == nil || len(mine) == 0 || m.elemSize() > 2 {
			return tagError(m.name, `%s is no text, but in Go it is a string; say char[16] or char16_t[16], or name an encoding`, m)
		}
		mine = mine[:len(mine)-1]
	} else if m.text != nil {
		return tagError(m.name, "it has an encoding, but in Go it is no string but %v", leaf)
	}
	if !slices.Equal(mine, dims) {
		return tagError(m.name, "%s in C, but the Go type has the dimensions %v", m, dims)
	}
	return m.fitsLeaf(leaf)
}

func (m *member) fitsLeaf(leaf reflect.Type) *Error {
	goKind := leaf.Kind()
	ok := false
	switch m.kind {
	case kindBool:
		ok = goKind == reflect.Bool
	case kindFloat:
		ok = isFloat(goKind) && int(leaf.Size()) == m.size
	case kindInt:
		ok = isSigned(goKind) && m.fitsSize(leaf)
	case kindUint:
		ok = isUnsigned(goKind) && m.fitsSize(leaf)
	case kindChar:
		ok = goKind == reflect.Int8 || goKind == reflect.Uint8
	case kindChar16:
		ok = goKind == reflect.Uint16
	}
	if ok || goKind == reflect.String {
		return nil
	}
	if goKinds[goKind] == "" && !isSigned(goKind) && !isUnsigned(goKind) {
		return m.noGoType(leaf)
	}
	return tagError(m.name, "%s in C does not fit %v in Go: they must agree in being signed, unsigned, float or bool, and Go's must not be smaller", m, leaf)
}

// fitsSize is about integers. A bit field needs no more than its bits.
func (m *member) fitsSize(leaf reflect.Type) bool {
	if m.isBit {
		return 8*int(leaf.Size()) >= m.bits
	}
	return int(leaf.Size()) >= m.size
}

func isFloat(k reflect.Kind) bool    { return k == reflect.Float32 || k == reflect.Float64 }
func isSigned(k reflect.Kind) bool   { return k >= reflect.Int && k <= reflect.Int64 }
func isUnsigned(k reflect.Kind) bool { return k >= reflect.Uint && k <= reflect.Uintptr }
