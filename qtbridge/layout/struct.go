package layout

import (
	"fmt"
	"reflect"
	"unsafe"
)

// Struct is a Go struct and the C or C++ struct that it stands for. It never changes,
// and any goroutine may use it; make it once.
type Struct[T any] struct {
	layout  *Layout
	program *program
	noView  *Error // why there is no View
}

// Of is the struct T by its tags, as the package comment has them. What the tags do not
// say, or say wrongly, is an [ErrTag]; a Go type that no C type goes with is an
// [ErrType]. The field is named.
func Of[T any](options Options) (*Struct[T], error) {
	t := reflect.TypeFor[T]()
	o, err := options.resolve()
	if err != nil {
		return nil, err
	}
	if t.Kind() != reflect.Struct {
		return nil, typeError("", "%v is no struct", t)
	}
	l, err := structOf(t, o)
	if err != nil {
		return nil, err
	}
	fields := memberFields(t)
	return &Struct[T]{layout: l, program: compile(l, fields), noView: whyNoView(l, fields, t)}, nil
}

// Layout tells where the fields lie.
func (s *Struct[T]) Layout() *Layout { return s.layout }

// Size is sizeof() of the C struct in bytes.
func (s *Struct[T]) Size() int { return s.layout.size }

// Decode fills v from the start of data. What follows there is ignored. Data that is too
// short is an [ErrSize]; a field of data that v cannot have is an [ErrValue], and a wrong
// checksum an [ErrSum]: v is then filled in part. It allocates nothing but the strings
// that differ from those in v.
//
// Data must hold still meanwhile: of a segment that others write to, take a
// [qtbridge.Segment.Snapshot].
func (s *Struct[T]) Decode(data []byte, v *T) error {
	if len(data) < s.layout.size {
		return s.layout.tooShort(opDecode, len(data))
	}
	if err := s.program.decode(data, unsafe.Pointer(v)); err != nil {
		err.Op = opDecode
		return err
	}
	return nil
}

// Encode writes v to the start of data, with zeros between the fields and the checksums
// as they must be. What follows in data stays. Data that is too short is an [ErrSize]; a
// value that a field of the C struct cannot have is an [ErrValue], and data is then
// written in part.
func (s *Struct[T]) Encode(data []byte, v *T) error {
	if len(data) < s.layout.size {
		return s.layout.tooShort(opEncode, len(data))
	}
	clear(data[:s.layout.size])
	if err := s.program.encode(data, unsafe.Pointer(v)); err != nil {
		err.Op = opEncode
		return err
	}
	return nil
}

// Append appends v to data.
func (s *Struct[T]) Append(data []byte, v *T) ([]byte, error) {
	n := len(data)
	data = append(data, make([]byte, s.layout.size)...)
	if err := s.Encode(data[n:], v); err != nil {
		return data[:n], err
	}
	return data, nil
}

// tooShort tells which field is the first that data of length bytes does not have.
func (l *Layout) tooShort(op string, length int) *Error {
	err := &Error{Op: op, Code: ErrSize, Offset: length}
	for _, f := range l.fields {
		if f.Offset+f.Size > length {
			err.Field, err.Offset = f.Name, f.Offset
			break
		}
	}
	err.Msg = fmt.Sprintf("it has %d bytes, and the struct %d with %v; is the peer's struct another one?", length, l.size, l.abi)
	return err
}
