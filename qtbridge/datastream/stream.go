package datastream

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"qtinterop/native"
)

// Marshal returns the message that stream << values[0] << values[1] … makes.
func Marshal(o Options, values ...any) ([]byte, error) {
	o, err := o.resolve(opMarshal)
	if err != nil {
		return nil, err
	}
	var e encoder
	for i, value := range values {
		if err := e.argument(value); err != nil {
			err.in(fmt.Sprintf("[%d]", i)).Op = opMarshal
			return nil, err
		}
	}
	data, failed := native.WriteStream(e.out, int(o.Version), o.LittleEndian, o.SinglePrecision)
	if failed != nil {
		err := qtError(opMarshal, failed)
		if err.Code == ErrQt {
			err.Code = ErrValue // it takes the values, and finds one wrong
		}
		return nil, err
	}
	return data, nil
}

func (e *encoder) argument(value any) *Error {
	v := reflect.ValueOf(value)
	for v.IsValid() && v.Kind() == reflect.Pointer && !v.IsNil() && !isLeafPointer(v.Type()) && v.Elem().Kind() != reflect.String {
		v = v.Elem()
	}
	if !v.IsValid() {
		return fail(ErrType, "nil; a QVariant is a pointer to an any")
	}
	n, err := nodeOf(v.Type())
	if err != nil {
		return err
	}
	return e.value(v, n)
}

// Unmarshal is stream >> *targets[0] >> *targets[1] …: all of data must be their values.
// After an error the targets may be set in part. An error of the message names the byte
// offset, the Qt type that was expected there, and guesses whether it is of another byte
// order or version.
//
// Nothing is allocated that the message says to be larger than it is. What a target has
// is reused: slices with room for the elements.
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

// Encode writes what [Marshal] returns of values, by one Write.
func (e *Encoder) Encode(values ...any) error {
	data, err := Marshal(e.o, values...)
	if err == nil {
		_, err = e.w.Write(data)
	}
	return err
}

// Decoder reads one value after the other from a message, for a message whose form is told
// by what is at its start, and for segments with bytes after it.
type Decoder struct {
	data []byte
	at   int
	o    Options
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
	n, err := targetsNode(targets)
	if err != nil {
		err.Op = opUnmarshal
		return err
	}
	values, size, failed := native.ReadStream(n.types(nil), d.data[d.at:], int(o.Version), o.LittleEndian, o.SinglePrecision)
	if failed != nil {
		err := qtError(opUnmarshal, failed)
		if err.Offset >= 0 {
			err.Offset += d.at
		}
		if s, ok := failed.(*native.StreamError); ok {
			err.Path = n.path(s.Path)
		}
		return d.explain(err, targets)
	}
	from := decoder{in: values}
	for i, f := range n.fields {
		if err := from.value(reflect.ValueOf(targets[i]).Elem(), f.node); err != nil {
			err.in(fmt.Sprintf("[%d]", i)).Op = opUnmarshal
			return err
		}
	}
	d.at += size
	return nil
}

// targetsNode is a struct of all targets.
func targetsNode(targets []any) (*node, *Error) {
	all := &node{tag: native.StreamTuple}
	for i, target := range targets {
		v := reflect.ValueOf(target)
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return nil, fail(ErrType, "%T is no pointer to what is to be set", target).in(fmt.Sprintf("[%d]", i))
		}
		n, err := nodeOf(v.Type().Elem())
		if err != nil {
			return nil, err.in(fmt.Sprintf("[%d]", i))
		}
		all.fields = append(all.fields, nodeField{index: i, node: n})
	}
	return all, nil
}

// path names the value that indexes lead to, from the arguments on.
func (n *node) path(indexes []int) string {
	var text strings.Builder
	for _, i := range indexes {
		switch {
		case n != nil && n.tag == native.StreamTuple && i < len(n.fields):
			if f := n.fields[i]; f.name != "" {
				text.WriteString("." + f.name)
			} else {
				fmt.Fprintf(&text, "[%d]", i)
			}
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
