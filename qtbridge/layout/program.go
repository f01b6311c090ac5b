package layout

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// program is what there is to do to decode and encode the values of one Go type.
type program struct {
	size int // in the data
	ops  []op
	sums []sumOp
}

// op is what there is to do for one member, or for each element of it.
type op struct {
	do     action
	big    bool
	signed bool
	at     int     // its place in the data
	to     uintptr // and in Go's value
	count  int     // of elements
	size   int     // of an element in the data
	goSize uintptr // and in Go
	bit    int     // of a bit field
	bits   int
	text   *text
	inner  *program
	member *member
}

type action uint8

const (
	doCopy  action = iota // as many bytes on both sides, in the same order
	doCopy1               // the same for one element of 1, 2, 4 and 8 bytes
	doCopy2
	doCopy4
	doCopy8
	doInteger // of another size or order
	doSwap    // a number of the same size in the other order
	doBool
	doBits
	doText
	doStruct
)

// sumOp is a checksum.
type sumOp struct {
	sum  Sum
	at   int
	size int
	big  bool
	name string
}

// compile makes the program of a layout and of the Go fields of its members.
func compile(l *Layout, fields []reflect.StructField) *program {
	p := &program{size: l.size}
	for i, m := range l.members {
		if m.sum != nil {
			p.sums = append(p.sums, sumOp{m.sum, l.fields[i].Offset, m.size, m.big, m.name})
		}
		if m.name != "" {
			p.ops = append(p.ops, compileOp(m, l, l.fields[i], fields[i]))
		}
	}
	return p
}

func compileOp(m *member, l *Layout, at Field, field reflect.StructField) op {
	_, leaf := elements(field.Type)
	o := op{big: m.big, signed: m.kind == kindInt, at: at.Offset, to: field.Offset, member: m,
		count: m.count(), size: m.elemSize(), goSize: leaf.Size()}
	switch {
	case m.inner != nil:
		o.do, o.inner = doStruct, compile(m.inner, memberFields(leaf))
	case leaf.Kind() == reflect.String:
		o.do, o.text = doText, newText(m)
		length := m.dims[len(m.dims)-1]
		o.count /= length
		o.size *= length
	case m.isBit:
		o.do, o.bit, o.bits = doBits, at.Bit, m.bits
		o.big = l.abi.isBig() // bits go by the ABI alone
	case m.kind == kindBool:
		o.do = doBool
	case int(leaf.Size()) != o.size:
		o.do = doInteger
	case m.big != isBigHere && o.size > 1:
		o.do = doSwap
	default:
		o.do = doCopy
		if o.count == 1 {
			o.do = map[int]action{1: doCopy1, 2: doCopy2, 4: doCopy4, 8: doCopy8}[o.size]
		}
	}
	return o
}

// elem is the name of element i, counted from 0 through all dimensions.
func (o *op) elem(i int) string {
	dims := o.member.dims
	if o.do == doText {
		dims = dims[:len(dims)-1]
	}
	index := ""
	for d := len(dims) - 1; d >= 0; d-- {
		index = fmt.Sprintf("[%d]", i%dims[d]) + index
		i /= dims[d]
	}
	var b strings.Builder
	b.WriteString(o.member.name)
	b.WriteString(index)
	return b.String()
}

// goElem is where element i is in the Go value v.
func (o *op) goElem(v unsafe.Pointer, i int) unsafe.Pointer {
	return unsafe.Add(v, o.to+uintptr(i)*o.goSize)
}
