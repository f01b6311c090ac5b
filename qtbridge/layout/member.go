package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qtinterop/qtbridge"
)

// member is what C declares in a struct: a type, dimensions, a name and what more is
// said of it.
type member struct {
	name  string // empty: reserved, or an unnamed bit field
	ctype string // the name of the type as it was written
	scalar
	inner *Layout // not nil: a struct
	dims  []int
	isBit bool
	bits  int
	align int // alignas(); 0: none
	at    int // the offset that it is said to have; -1: none
	big   bool
	text  *qtbridge.Encoding // of a char array
	sum   Sum
	said  []string // which options
	from  int      // where it is in the text of a layout
}

const (
	maxSize = 1 << 30 // bytes that a struct may have, at most
	maxDims = 64      // dimensions of an array
)

// count is the number of elements.
func (m *member) count() int {
	n := 1
	for _, dim := range m.dims {
		n *= dim
	}
	return n
}

// fields is how many fields it is, with those within.
func (m *member) fields() int {
	if m.inner != nil {
		return 1 + m.inner.count
	}
	return 1
}

func (m *member) elemSize() int {
	if m.inner != nil {
		return m.inner.size
	}
	return m.scalar.size
}

func (m *member) elemAlign() int {
	if m.inner != nil {
		return m.inner.align
	}
	return m.scalar.size
}

// setType sets the type of a member from "u32" or "char[8][16]".
func (m *member) setType(text string, o *Options) *Error {
	name, dims, isArray := strings.Cut(text, "[")
	m.ctype = strings.Join(strings.Fields(name), " ")
	m.ctype = strings.ReplaceAll(m.ctype, " *", "*")
	s, ok := scalars[strings.TrimPrefix(m.ctype, "std::")]
	if !ok {
		return tagError(m.name, "there is no type %q; say u8, i32, f64, char[16], unsigned long and the like", m.ctype)
	}
	m.scalar = s.in(o.ABI)
	if !isArray {
		return nil
	}
	return m.addDims("[" + dims)
}

// addDims adds dimensions: "[2][3]".
func (m *member) addDims(text string) *Error {
	text = strings.ReplaceAll(text, " ", "")
	for text != "" {
		dim, rest, closed := strings.Cut(text, "]")
		number, opened := strings.CutPrefix(dim, "[")
		if !opened || !closed {
			return tagError(m.name, "%q is no dimension; say [16]", text)
		}
		n, err := cNumber(number)
		if err != nil || n < 1 || n > maxSize {
			return tagError(m.name, "%q is no number of elements from 1 to %d", number, maxSize)
		}
		if m.dims = append(m.dims, n); len(m.dims) > maxDims {
			return tagError(m.name, "more than %d dimensions", maxDims)
		}
		if m.count() > maxSize {
			return tagError(m.name, "an array of more than %d elements", maxSize)
		}
		text = rest
	}
	return nil
}

// setOption sets what is said after the type: "bits=3", "be", "utf16le".
func (m *member) setOption(text string, o *Options) *Error {
	name, value, hasValue := strings.Cut(text, "=")
	switch name {
	case "be", "le":
		if hasValue {
			break
		}
		m.big = name == "be"
		return m.once("its byte order")
	case "bits":
		return m.setBits(value)
	case "align":
		return cmp.Or(m.once("its alignment"), m.setNumber(&m.align, name, value, 1))
	case "at":
		return cmp.Or(m.once("its offset"), m.setNumber(&m.at, name, value, 0))
	case "sum":
		if m.sum = o.Sums[value]; m.sum == nil {
			return tagError(m.name, "Options.Sums has no function %q", value)
		}
		return m.once("its checksum")
	}
	if e, ok := o.encoding(text); ok {
		m.text = &e
		return m.once("its encoding")
	}
	return tagError(m.name, "there is no option %q, nor an encoding of that name in Options.Encodings; "+
		"the options are be, le, bits=, align=, at=, sum=, utf8, utf16le, utf16be, latin1, local8bit", text)
}

func (m *member) setBits(text string) *Error {
	m.isBit = true
	return cmp.Or(m.once("how many bits it has"), m.setNumber(&m.bits, "bits", text, 0))
}

// once is an error if that was said before: the two need not agree.
func (m *member) once(what string) *Error {
	if slices.Contains(m.said, what) {
		return tagError(m.name, "it says twice %s", what)
	}
	m.said = append(m.said, what)
	return nil
}

func (m *member) setNumber(to *int, name, text string, least int) *Error {
	n, err := cNumber(text)
	if err != nil || n < least || n > maxSize {
		return tagError(m.name, "%s=%s is no number from %d to %d", name, text, least, maxSize)
	}
	*to = n
	return nil
}

// cNumber is a number as C has it: 010 is 8, and 0x10 is 16.
func cNumber(text string) (int, error) {
	n, err := strconv.ParseInt(text, 0, strconv.IntSize)
	return int(n), err
}

// check finds what contradicts itself, in a struct with that packing.
func (m *member) check(pack int) *Error {
	switch {
	case m.inner != nil && (m.text != nil || m.sum != nil || m.isBit):
		return tagError(m.name, "a struct has no bits, no encoding and no checksum")
	case m.isBit:
		return m.checkBits()
	case m.align != 0 && pack != 0:
		return tagError(m.name, "align= in a packed struct: compilers do not agree on what that means")
	case m.align&(m.align-1) != 0:
		return tagError(m.name, "align=%d is not a power of 2", m.align)
	case m.align != 0 && m.align < m.elemAlign():
		return tagError(m.name, "align=%d is less than the %d of its type, which C++ does not allow", m.align, m.elemAlign())
	case m.text != nil && (len(m.dims) == 0 || m.elemSize() > 2 || m.kind == kindFloat || m.kind == kindBool):
		return tagError(m.name, "an encoding goes with an array of char or char16_t, and not with %s", m)
	case m.sum != nil && (len(m.dims) != 0 || !m.isInteger()):
		return tagError(m.name, "a checksum is an integer, and not %s", m)
	}
	return nil
}

func (m *member) checkBits() *Error {
	limit := 8 * m.scalar.size
	if m.kind == kindBool {
		limit = 1
	}
	switch {
	case !m.isInteger() && m.kind != kindBool, len(m.dims) != 0:
		return tagError(m.name, "a bit field is an integer or a bool, and not %s", m)
	case m.bits > limit:
		return tagError(m.name, "%d bits in a type of %d", m.bits, limit)
	case m.bits == 0 && m.name != "":
		return tagError(m.name, "a bit field of 0 bits has no name in C: call it _")
	case m.align != 0 || m.at >= 0:
		return tagError(m.name, "align= and at= do not go with bit fields")
	case m.sum != nil || m.text != nil:
		return tagError(m.name, "a bit field has no checksum and no encoding")
	}
	return nil
}

// String is the type as in the text of a layout.
func (m *member) String() string {
	text := m.ctype
	if m.inner != nil {
		text = "struct"
	}
	for _, dim := range m.dims {
		text += fmt.Sprintf("[%d]", dim)
	}
	if m.isBit {
		text += fmt.Sprintf(":%d", m.bits)
	}
	return text
}
