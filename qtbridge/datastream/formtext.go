package datastream

import (
	"strings"
	"unicode"

	"qtinterop/internal/comment"
)

// maxFormDepth is how many types may be within each other.
const maxFormDepth = 32

// ParseForm is a Form from text, much as C++ has it:
//
//	QString name; qint32 n; QVariantMap settings; QList<QPair<int, QString>> list
//
// A type is one of the Qt types of this package, by its name in Qt. What a program's own
// operator<< writes is a struct: `QList<struct { QString name; double speed }> wheels`.
// `int a, b` are two values. // and /* are comments, and a line end is as good as a space.
//
// What cannot be understood is an [ErrTag] with its place in the text.
func ParseForm(text string) (*Form, error) {
	p := &formParser{text: comment.Blank(text)}
	all, err := p.members(0)
	if err == nil && p.pos < len(p.text) {
		p.at, err = p.pos, fail(ErrTag, "a } without a struct {")
	}
	if err != nil {
		err.Op, err.Offset = "parse", p.at
		return nil, err
	}
	return &Form{all}, nil
}

type formParser struct {
	text string
	pos  int
	at   int // where that begins that an error is about
}

// next goes over spaces, and is the character there, or 0 at the end.
func (p *formParser) next() byte {
	for p.pos < len(p.text) && unicode.IsSpace(rune(p.text[p.pos])) {
		p.pos++
	}
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

func (p *formParser) accept(sign byte) bool {
	if p.next() != sign {
		return false
	}
	p.pos++
	return true
}

// word is the letters, digits and :: that come next.
func (p *formParser) word() string {
	p.next()
	rest := p.text[p.pos:]
	end := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && r != ':' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		end = len(rest)
	}
	p.pos += end
	return rest[:end]
}

// members are declarations up to the end or a }.
func (p *formParser) members(depth int) (*formType, *Error) {
	var names []string
	var types []*formType
	known := map[string]bool{}
	for p.next() != 0 && p.next() != '}' {
		if p.accept(';') {
			continue
		}
		p.at = p.pos
		t, err := p.typ(depth)
		if err != nil {
			return nil, err
		}
		for {
			p.next()
			p.at = p.pos
			name := p.word()
			if name == "" || strings.Contains(name, ":") || unicode.IsDigit(rune(name[0])) {
				return nil, fail(ErrTag, "%q where the name of a value should be; say as in: QString name; qint32 n", p.rest())
			}
			if known[name] {
				return nil, fail(ErrTag, "there are two values %q", name)
			}
			known[name] = true
			names, types = append(names, name), append(types, t)
			if !p.accept(',') {
				break
			}
		}
		if p.next() != 0 && p.next() != '}' && !p.accept(';') {
			p.at = p.pos
			return nil, fail(ErrTag, "%q where a ; should be", p.rest())
		}
	}
	if len(names) == 0 {
		p.at = p.pos
		return nil, fail(ErrTag, "there is no value; say as in: QString name; qint32 n")
	}
	return newFormStruct(names, types), nil
}

func (p *formParser) rest() string {
	rest := p.text[min(p.at, len(p.text)):]
	return rest[:min(len(rest), 20)]
}

// typ is a type with the types in its <>.
func (p *formParser) typ(depth int) (*formType, *Error) {
	p.next()
	start := p.pos
	if depth > maxFormDepth {
		return nil, fail(ErrDepth, "more than %d types within each other", maxFormDepth)
	}
	name := p.word()
	if name == "struct" && p.accept('{') {
		t, err := p.members(depth + 1)
		if err == nil && !p.accept('}') {
			err = fail(ErrTag, "a struct without a } at its end")
		}
		return t, err
	}
	if alias, ok := formAliases[name]; ok {
		return (&formParser{text: alias}).typ(depth)
	}
	var args []*formType
	if p.accept('<') {
		for {
			arg, err := p.typ(depth + 1)
			if err != nil {
				return nil, err
			}
			if args = append(args, arg); !p.accept(',') {
				break
			}
		}
		if !p.accept('>') {
			return nil, fail(ErrTag, "a < without a > in the type %s", name)
		}
	}
	t, err := newFormType(name, args)
	if err != nil {
		p.at = start
	}
	return t, err
}
