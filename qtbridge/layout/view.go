package layout

import (
	"fmt"
	"reflect"
	"unsafe"
)

// View is the start of data as a T, without a copy: what is written to it is written to
// data, and what others write there appears in it. Within [qtbridge.Segment.View] that is
// the memory itself; the pointer must not be used after that has returned, and is
// written to only if the segment is attached read-write.
//
// It needs a T that Go lays out as C does: no strings, bools, bit fields or checksums,
// nothing in another byte order, and all at the same offsets; else it is an [ErrView]
// that names the first field that differs. A bool is none since a byte that is neither 0
// nor 1 would be no bool in Go. Data that is too short is an [ErrSize], and data at an
// address that T cannot have is an [ErrView].
func (s *Struct[T]) View(data []byte) (*T, error) {
	if s.noView != nil {
		err := *s.noView
		return nil, &err
	}
	if len(data) < s.layout.size {
		return nil, s.layout.tooShort(opView, len(data))
	}
	start := unsafe.Pointer(unsafe.SliceData(data))
	if align := uintptr(reflect.TypeFor[T]().Align()); uintptr(start)%align != 0 {
		return nil, &Error{Op: opView, Code: ErrView, Msg: fmt.Sprintf("the data begins at an address that is not a multiple of %d; use Decode", align)}
	}
	return (*T)(start), nil
}

// Viewable tells whether there is a View of data that is long enough: nil, or why not.
func (s *Struct[T]) Viewable() error {
	if s.noView == nil {
		return nil
	}
	err := *s.noView
	return &err
}

// whyNoView is about the first field that is not the same in Go and in the data.
func whyNoView(l *Layout, fields []reflect.StructField, t reflect.Type) *Error {
	no := func(name string, offset int, format string, args ...any) *Error {
		return &Error{Op: opView, Code: ErrView, Field: name, Offset: offset, Msg: fmt.Sprintf(format, args...) + "; use Decode"}
	}
	for i, m := range l.members {
		at, field := l.fields[i], fields[i]
		_, leaf := elements(field.Type)
		name := m.name
		switch {
		case m.isBit:
			return no(name, at.Offset, "a bit field, which Go has not")
		case uintptr(at.Offset) != field.Offset:
			return no(name, at.Offset, "Go has it at %d", field.Offset)
		case m.inner != nil:
			if err := whyNoView(m.inner, memberFields(leaf), leaf); err != nil {
				return err.within(name, at.Offset)
			}
		case leaf.Kind() == reflect.String:
			return no(name, at.Offset, "a string lies elsewhere in Go")
		case m.kind == kindBool:
			return no(name, at.Offset, "a bool can have bytes that are none in Go")
		case m.sum != nil:
			return no(name, at.Offset, "a checksum would not be looked at")
		case at.Size != int(field.Type.Size()):
			return no(name, at.Offset, "Go has %d bytes for it", field.Type.Size())
		case m.big != isBigHere && m.elemSize() > 1:
			return no(name, at.Offset, "another byte order")
		}
	}
	if l.size != int(t.Size()) {
		return no("", 0, "it has %d bytes, and %d in Go", l.size, t.Size())
	}
	return nil
}
