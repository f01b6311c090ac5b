package layout

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"qtinterop/internal/comment"
)

// maxDepth is how many structs may be within each other.
const maxDepth = 64

// Parse is a struct from text, much as C has it:
//
//	u32 magic; u32 seq; f64 temp; char[16] name
//
// A field is a type as in tags (u8, int, unsigned long, QChar, …), a name, and where there
// are any the options of tags with spaces between them: `char[16] name latin1`. Dimensions may
// follow the name as in C, `a, b` are two fields of one type, `u8 mode:3` is a bit field,
// `u8 _:0` one without a name, and `struct { … }[4] axis` an array of structs. What has the
// name _ is reserved. // and /* are comments, and a line end is as good as a space.
//
// Before the first field of all, LP64 or LLP64, little or big, and pack=1, each with a
// semicolon, say more than options do: `big; pack=1; u8 kind; u32 n`. Before the first
// field of any struct, align=64 is about that one, and pack=1 about it and the structs in
// it; pack=0 ends that.
//
// Numbers are as in C: 0x10 is 16, and 010 is 8. There may be 64 structs within each other, 64
// dimensions, 65536 fields with those of the structs within, and 1 GiB.
//
// What cannot be understood is an [ErrTag] with its place in the text.
func Parse(text string, options Options) (*Layout, error) {
	o, err := options.resolve()
	if err != nil {
		return nil, err
	}
	p := &parser{text: comment.Blank(text), options: o}
	l, err := p.structBody(0)
	if err != nil {
		err.Op, err.Offset = opParse, p.at
		return nil, err
	}
	return l, nil
}

type parser struct {
	text    string
	pos     int
	at      int // where the statement begins that an error is about
	options Options
}

func (p *parser) space() {
	for p.pos < len(p.text) && unicode.IsSpace(rune(p.text[p.pos])) {
		p.pos++
	}
}

// accept goes over a sign or word if that is next.
func (p *parser) accept(sign string) bool {
	if p.space(); !strings.HasPrefix(p.text[p.pos:], sign) {
		return false
	}
	p.pos += len(sign)
	return true
}

func (p *parser) atEnd() bool {
	p.space()
	return p.pos == len(p.text)
}

// until is the text up to one of the signs, or to the end.
func (p *parser) until(signs string) string {
	n := strings.IndexAny(p.text[p.pos:], signs)
	if n < 0 {
		n = len(p.text) - p.pos
	}
	part := strings.TrimSpace(p.text[p.pos : p.pos+n])
	p.pos += n
	return part
}

// structBody is all statements up to the end, or within a struct to a }.
func (p *parser) structBody(depth int) (*Layout, *Error) {
	if depth > maxDepth {
		return nil, tagError("", "more than %d structs within each other", maxDepth)
	}
	var members []*member
	before, align := p.options.ABI, 0
	defer func() { p.options.ABI = before }()
	for !p.atEnd() && p.text[p.pos] != '}' {
		if p.accept(";") {
			continue
		}
		p.at = p.pos
		if len(members) == 0 && p.directive(&align, depth) {
			continue
		}
		declared, err := p.declaration(depth)
		if err != nil {
			return nil, err
		}
		members = append(members, declared...)
		if p.space(); p.pos < len(p.text) && p.text[p.pos] != '}' && !p.accept(";") {
			return nil, tagError("", "%q where a ; should be", p.rest())
		}
	}
	if depth == 0 && p.pos < len(p.text) {
		p.at = p.pos
		return nil, tagError("", "a } without a struct {")
	}
	l, err := newLayout(p.options.ABI, members, align)
	if err != nil && len(members) > 0 {
		p.at = err.Offset
	}
	return l, err
}

// directive goes over a statement that is no field.
func (p *parser) directive(align *int, depth int) bool {
	end := strings.IndexAny(p.text[p.pos:], ";{}")
	if end < 0 {
		return false
	}
	word, abi := strings.TrimSpace(p.text[p.pos:p.pos+end]), &p.options.ABI
	switch {
	case setStruct(abi, align, []string{word}) == nil:
	case depth != 0:
		return false
	case word == "LP64":
		abi.model = modelLP64
	case word == "LLP64":
		abi.model = modelLLP64
	case word == "little":
		abi.order = orderLittle
	case word == "big":
		abi.order = orderBig
	default:
		return false
	}
	p.pos += end
	return true
}

func (p *parser) rest() string {
	rest := p.text[p.pos:]
	return rest[:min(len(rest), 20)]
}

// declaration is one field, or several of one type.
func (p *parser) declaration(depth int) ([]*member, *Error) {
	base := member{at: -1, big: p.options.ABI.isBig(), from: p.at}
	name := ""
	start := p.at
	if p.acceptStruct() {
		inner, err := p.structBody(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.accept("}") {
			return nil, tagError("", "a struct without a } at its end")
		}
		base.inner, p.at = inner, start
		p.space()
		if err := base.addDims(p.dims()); err != nil {
			return nil, err
		}
		name = p.until(",;{}")
	} else {
		var ctype string
		ctype, name = splitType(p.until(",;{}"))
		if err := base.setType(ctype, &p.options); err != nil {
			return nil, err
		}
	}
	members := []*member{}
	for {
		m := base
		m.dims = append([]int(nil), base.dims...)
		if err := m.setDeclarator(name, &p.options); err != nil {
			return nil, err
		}
		members = append(members, &m)
		if !p.accept(",") {
			return members, nil
		}
		name = p.until(",;{}")
	}
}

// acceptStruct goes over "struct {".
func (p *parser) acceptStruct() bool {
	start := p.pos
	if p.accept("struct") && p.accept("{") {
		return true
	}
	p.pos = start
	return false
}

// dims are the dimensions that come next.
func (p *parser) dims() string {
	start := p.pos
	for p.accept("[") {
		p.until("];{}")
		if !p.accept("]") {
			break
		}
		p.space()
	}
	return strings.TrimSpace(p.text[start:p.pos])
}

// splitType splits "unsigned long x[2] be" before the name: the type is as many words as
// are one, or up to its dimensions.
func splitType(text string) (ctype, name string) {
	if end := strings.IndexByte(text, ']'); end >= 0 {
		first := strings.IndexByte(text, '[')
		if _, isType := scalars[strings.Join(strings.Fields(text[:max(first, 0)]), " ")]; isType {
			for rest := text[end+1:]; strings.HasPrefix(strings.TrimSpace(rest), "["); rest = text[end+1:] {
				next := strings.IndexByte(rest, ']')
				if next < 0 {
					break
				}
				end += 1 + next
			}
			return text[:end+1], strings.TrimSpace(text[end+1:])
		}
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, " *", "*"), "*", "* ")
	words := strings.Fields(text)
	for n := min(len(words)-1, 4); n > 1; n-- {
		if _, isType := scalars[strings.Join(words[:n], " ")]; isType {
			return strings.Join(words[:n], " "), strings.Join(words[n:], " ")
		}
	}
	if len(words) == 0 {
		return "", ""
	}
	return words[0], strings.Join(words[1:], " ")
}

// setDeclarator sets name, dimensions, bits and options from "name[2]:3 be at=4".
func (m *member) setDeclarator(text string, o *Options) *Error {
	end := strings.IndexFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		end = len(text)
	}
	name, rest := text[:end], strings.TrimSpace(text[end:])
	if m.name = name; name == "" || unicode.IsDigit(rune(name[0])) {
		m.name = ""
		return tagError("", "%q is no name of a field; say as in: u32 magic; char[16] name", text)
	}
	if name == "_" {
		m.name = ""
	}
	if n := strings.LastIndexByte(rest, ']'); strings.HasPrefix(rest, "[") && n > 0 {
		ofType := m.dims
		m.dims = nil
		if err := m.addDims(rest[:n+1]); err != nil {
			return err
		}
		m.dims = append(m.dims, ofType...) // char[16] names[4] is 4 texts
		rest = rest[n+1:]
	}
	if bits, ok := strings.CutPrefix(strings.TrimSpace(rest), ":"); ok {
		bits, rest, _ = strings.Cut(strings.TrimSpace(bits), " ")
		if err := m.setBits(bits); err != nil {
			return err
		}
	}
	for option := range strings.FieldsSeq(rest) {
		if err := m.setOption(option, o); err != nil {
			return err
		}
	}
	return nil
}

// recordType is a Go struct for the values of l: what compile knows to fill.
func recordType(l *Layout) reflect.Type {
	var fields []reflect.StructField
	for i, m := range l.members {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: m.goType()})
	}
	return reflect.StructOf(fields)
}

func (m *member) goType() reflect.Type {
	dims := m.dims
	var t reflect.Type
	switch {
	case m.inner != nil:
		t = recordType(m.inner)
	case m.text != nil || m.isText() && len(dims) > 0:
		t = reflect.TypeFor[string]()
		dims = dims[:len(dims)-1]
	default:
		t = m.scalarType()
	}
	for i := len(dims) - 1; i >= 0; i-- {
		t = reflect.ArrayOf(dims[i], t)
	}
	return t
}

func (m *member) scalarType() reflect.Type {
	switch m.kind {
	case kindBool:
		return reflect.TypeFor[bool]()
	case kindFloat:
		if m.size == 4 {
			return reflect.TypeFor[float32]()
		}
		return reflect.TypeFor[float64]()
	case kindInt:
		return map[int]reflect.Type{1: reflect.TypeFor[int8](), 2: reflect.TypeFor[int16](),
			4: reflect.TypeFor[int32](), 8: reflect.TypeFor[int64]()}[m.size]
	}
	return map[int]reflect.Type{1: reflect.TypeFor[uint8](), 2: reflect.TypeFor[uint16](),
		4: reflect.TypeFor[uint32](), 8: reflect.TypeFor[uint64]()}[m.size]
}
