package datastream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"qtinterop/native"
)

// scratch is what a call needs: buffers that the next one uses again.
type scratch struct {
	encoder
	decoder
	types   []byte
	room    []byte // for what Qt makes
	targets []target
}

var scratches = sync.Pool{New: func() any { return &scratch{room: make([]byte, 0, 4<<10)} }}

// keptRoom is up to how many bytes are kept.
const keptRoom = 1 << 20

func (s *scratch) free() {
	if cap(s.out) > keptRoom || cap(s.room) > keptRoom {
		return
	}
	clear(s.keys)
	clear(s.targets)
	s.out, s.ranks, s.keys, s.depth, s.targets = s.out[:0], s.ranks[:0], s.keys[:0], 0, s.targets[:0]
	s.decoder = decoder{}
	scratches.Put(s)
}

// Marshal returns the message that stream << values[0] << values[1] … makes.
func Marshal(o Options, values ...any) ([]byte, error) {
	s := scratches.Get().(*scratch)
	defer s.free()
	if err := s.marshal(o, values); err != nil {
		return nil, err
	}
	return bytes.Clone(s.room), nil
}

// marshal makes the message in s.room.
func (s *scratch) marshal(o Options, values []any) error {
	o, err := o.resolve(opMarshal)
	if err != nil {
		return err
	}
	for i, value := range values {
		if err := s.argument(value); err != nil {
			err.in(fmt.Sprintf("[%d]", i)).Op = opMarshal
			return err
		}
	}
	data, failed := native.WriteStream(s.out, s.room, int(o.Version), o.LittleEndian, o.SinglePrecision)
	if failed != nil {
		err := qtError(opMarshal, failed)
		if err.Code == ErrQt {
			err.Code = ErrValue // it takes the values, and finds one wrong
		}
		return err
	}
	s.room = data
	return nil
}

func (e *encoder) argument(value any) *Error {
	v := reflect.ValueOf(value)
	for v.IsValid() && v.Kind() == reflect.Pointer && !v.IsNil() && !isLeafPointer(v.Type()) && v.Elem().Kind() != reflect.String {
		v = v.Elem()
	}
	if !v.IsValid() {
		return fail(ErrType, "nil; a QVariant is a pointer to an any, and a null QImage one to an image.Image")
	}
	if v.Kind() != reflect.Interface && isPicture(v.Type()) {
		e.out = append(e.out, native.StreamImage)
		return e.picture(pictureOf(v))
	}
	n, err := nodeOf(v.Type())
	if err != nil {
		return err
	}
	return e.value(addressOf(v), n)
}

// Unmarshal is stream >> *targets[0] >> *targets[1] …: all of data must be their values.
// After an error the targets may be set in part. An error of the message names the byte
// offset, the Qt type that was expected there, and guesses whether it is of another byte
// order or version.
//
// Nothing is allocated that the message says to be larger than it is. What a target has
// is reused: slices with room for the elements, and texts that have not changed.
func Unmarshal(data []byte, o Options, targets ...any) error {
	d := NewDecoder(data, o)
	if err := d.Decode(targets...); err != nil {
		return err
	}
	if d.Len() > 0 {
		err := &Error{Op: opUnmarshal, Code: ErrTrailing, Offset: d.Offset(),
			Msg: fmt.Sprintf("%d of %d bytes are left", d.Len(), len(data))}
		return NewDecoder(data, o).explain(err, targets)
	}
	return nil
}

// Encoder writes messages to an io.Writer.
type Encoder struct {
	w io.Writer
	o Options
}

// NewEncoder returns an Encoder that writes to w.
func NewEncoder(w io.Writer, o Options) *Encoder { return &Encoder{w, o} }

// Encode writes what [Marshal] returns of values, by one Write. It allocates no message: the
// writer must not keep it.
func (e *Encoder) Encode(values ...any) error {
	s := scratches.Get().(*scratch)
	defer s.free()
	err := s.marshal(e.o, values)
	if err == nil {
		_, err = e.w.Write(s.room)
	}
	return err
}

// Decoder reads one value after the other from a message, for a message whose form is told
// by what is at its start, and for segments with bytes after it.
type Decoder struct {
	data []byte
	at   int
	o    Options

	isForm bool // it reads for a Form
}

// NewDecoder returns a Decoder of data, which must not change while it is used.
func NewDecoder(data []byte, o Options) *Decoder { return &Decoder{data: data, o: o} }

// Offset is where the next value begins, in bytes.
func (d *Decoder) Offset() int { return d.at }

// Len is how many bytes are left.
func (d *Decoder) Len() int { return len(d.data) - d.at }

// Decode is stream >> *targets[0] >> *targets[1] …. After an error the Decoder is where it was.
func (d *Decoder) Decode(targets ...any) error {
	o, err := d.o.resolve(opUnmarshal)
	if err != nil {
		return err
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	list, err := targetsOf(s.targets, targets)
	s.targets = list
	if err != nil {
		err.Op = opUnmarshal
		return err
	}
	s.types = typesOf(s.types[:0], list)
	values, size, failed := native.ReadStream(s.types, d.data[d.at:], s.room, int(o.Version), o.LittleEndian, o.SinglePrecision)
	if failed != nil {
		err := qtError(opUnmarshal, failed)
		if err.Offset >= 0 {
			err.Offset += d.at
		}
		if s, ok := failed.(*native.StreamError); ok {
			err.Path = pathOf(list, s.Path)
		}
		return d.explain(err, targets)
	}
	s.room = values
	s.decoder = decoder{in: values, message: d.data[d.at:], isForm: d.isForm}
	for i := range list {
		if err := s.decoder.value(list[i].p, list[i].node); err != nil {
			err.in(fmt.Sprintf("[%d]", i)).Op = opUnmarshal
			if err.Offset >= 0 { // of a picture
				err.Offset += d.at
				d.showAround(err)
			}
			return err
		}
	}
	d.at += size
	return nil
}

// target is what a value is read into.
type target struct {
	p    unsafe.Pointer
	node *node
}

func targetsOf(list []target, pointers []any) ([]target, *Error) {
	for i, pointer := range pointers {
		v := reflect.ValueOf(pointer)
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return list, fail(ErrType, "%T is no pointer to what is to be set", pointer).in(fmt.Sprintf("[%d]", i))
		}
		n, err := nodeOf(v.Type().Elem())
		if err != nil {
			return list, err.in(fmt.Sprintf("[%d]", i))
		}
		list = append(list, target{v.UnsafePointer(), n})
	}
	return list, nil
}

// typesOf appends what native.ReadStream is told: a struct of all targets.
func typesOf(out []byte, list []target) []byte {
	out = binary.LittleEndian.AppendUint16(append(out, native.StreamTuple), uint16(len(list)))
	for _, t := range list {
		out = t.node.types(out)
	}
	return out
}

// pathOf names the value that indexes lead to, from the arguments on.
func pathOf(list []target, indexes []int) string {
	if len(indexes) == 0 {
		return ""
	}
	return fmt.Sprintf("[%d]", indexes[0]) + list[indexes[0]].node.path(indexes[1:])
}

// path names the value that indexes lead to.
func (n *node) path(indexes []int) string {
	var text strings.Builder
	for _, i := range indexes {
		switch {
		case n != nil && n.tag == native.StreamTuple && i < len(n.fields):
			text.WriteString("." + n.fields[i].name)
			n = n.fields[i].node
			continue
		case n != nil && n.tag == native.StreamMap:
			fmt.Fprintf(&text, "[element %d]", i)
			n = n.elem
			continue
		}
		fmt.Fprintf(&text, "[%d]", i)
		if n != nil {
			n = n.elem // nil within a QVariant
		}
	}
	return text.String()
}
