package layout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
)

// Record is the values of a struct whose layout came from text, in its order.
type Record []Value

// Value is a field and what it holds: a bool, an int8 to uint64, a float32 or float64, a
// string, a Record, or of an array a slice of these; of several dimensions slices of
// slices, as []any.
type Value struct {
	Name  string
	Value any
}

// Get returns the value of the field of that name.
func (r Record) Get(name string) (value any, ok bool) {
	for _, v := range r {
		if v.Name == name {
			return v.Value, true
		}
	}
	return nil, false
}

// MarshalJSON writes an object with the fields in their order. Floats that are no number
// or infinite are strings.
func (r Record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, v := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", v.Name) // letters and digits
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false) // as who asks for the whole may
		if err := encoder.Encode(jsonValue(v.Value)); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // a newline
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func jsonValue(v any) any {
	switch v := v.(type) {
	case float32:
		return jsonFloat(float64(v), v)
	case float64:
		return jsonFloat(v, v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonValue(v[i])
		}
		return list
	}
	return v
}

func jsonFloat(f float64, v any) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Sprint(f)
	}
	return v
}

// Decode returns the values at the start of data. What follows there is ignored. Errors
// are those of [Struct.Decode].
func (l *Layout) Decode(data []byte) (Record, error) {
	if len(data) < l.size {
		return nil, l.tooShort(opDecode, len(data))
	}
	p, t := l.records()
	v := reflect.New(t)
	if err := p.decode(data, v.UnsafePointer()); err != nil {
		err.Op = opDecode
		return nil, err
	}
	return l.recordOf(v.Elem()), nil
}

// Encode writes a record to the start of data, with zeros between the fields and for
// those that the record lacks, and the checksums as they must be. Numbers may have any
// type of Go, if the field has the value. A name that the layout does not have is an
// [ErrValue]. Errors are those of [Struct.Encode].
func (l *Layout) Encode(data []byte, r Record) error {
	if len(data) < l.size {
		return l.tooShort(opEncode, len(data))
	}
	p, t := l.records()
	v := reflect.New(t)
	if err := l.fill(v.Elem(), r); err != nil {
		return err
	}
	clear(data[:l.size])
	if err := p.encode(data, v.UnsafePointer()); err != nil {
		err.Op = opEncode
		return err
	}
	return nil
}

func (l *Layout) recordOf(v reflect.Value) Record {
	r := Record{}
	for i, m := range l.members {
		if m.name != "" {
			r = append(r, Value{m.name, m.valueOf(v.Field(i))})
		}
	}
	return r
}

func (m *member) valueOf(v reflect.Value) any {
	if v.Kind() == reflect.Array {
		list := make([]any, v.Len())
		for i := range list {
			list[i] = m.valueOf(v.Index(i))
		}
		return list
	}
	if m.inner != nil {
		return m.inner.recordOf(v)
	}
	return v.Interface()
}

func (l *Layout) fill(v reflect.Value, r Record) *Error {
	for _, value := range r {
		i := l.index(value.Name)
		if i < 0 {
			return valueError(opEncode, value.Name, 0, "the layout has no field of that name")
		}
		if err := l.members[i].assign(v.Field(i), reflect.ValueOf(value.Value), l.fields[i].Size); err != nil {
			return err.within(value.Name, l.fields[i].Offset)
		}
	}
	return nil
}

func (l *Layout) index(name string) int {
	for i, m := range l.members {
		if m.name == name && name != "" {
			return i
		}
	}
	return -1
}

// assign sets to, which the member has in a record and which has size bytes in the data, to
// what the user has given.
func (m *member) assign(to, from reflect.Value, size int) *Error {
	for from.Kind() == reflect.Interface && !from.IsNil() {
		from = from.Elem()
	}
	if !from.IsValid() {
		return valueError(opEncode, "", 0, "nil is no %s", m)
	}
	if to.Kind() == reflect.Array {
		return m.assignArray(to, from, size)
	}
	if m.inner != nil {
		if r, ok := from.Interface().(Record); ok {
			return m.inner.fill(to, r)
		}
	} else if assignScalar(to, from) {
		return nil
	}
	return valueError(opEncode, "", 0, "%v, a %v, is not a value of %s", from, from.Type(), m)
}

func (m *member) assignArray(to, from reflect.Value, size int) *Error {
	if from.Kind() != reflect.Array && from.Kind() != reflect.Slice || from.Type() == reflect.TypeFor[Record]() {
		return valueError(opEncode, "", 0, "%v is no array, but the field is %s", from.Type(), m)
	}
	if from.Len() > to.Len() {
		return valueError(opEncode, "", 0, "%d elements where %s has %d", from.Len(), m, to.Len())
	}
	size /= to.Len()
	for i := range from.Len() {
		if err := m.assign(to.Index(i), from.Index(i), size); err != nil {
			return err.within(fmt.Sprintf("[%d]", i), i*size)
		}
	}
	return nil
}

// assignScalar tells whether to has the value of from, and has set it then.
func assignScalar(to, from reflect.Value) bool {
	switch {
	case to.Kind() == from.Kind() && (to.Kind() == reflect.Bool || to.Kind() == reflect.String):
		to.Set(from.Convert(to.Type()))
		return true
	case !isNumber(to.Kind()) || !isNumber(from.Kind()):
		return false
	}
	v := from.Convert(to.Type())
	back := v.Convert(from.Type())
	same := back.Equal(from) && isNegative(v) == isNegative(from)
	if isFloat(to.Kind()) && isFloat(from.Kind()) {
		same = !math.IsInf(v.Float(), 0) || math.IsInf(from.Float(), 0) // rounded, perhaps
	}
	if same {
		to.Set(v)
	}
	return same
}

func isNumber(k reflect.Kind) bool { return isSigned(k) || isUnsigned(k) || isFloat(k) }

func isNegative(v reflect.Value) bool {
	switch {
	case isSigned(v.Kind()):
		return v.Int() < 0
	case isFloat(v.Kind()):
		return v.Float() < 0
	}
	return false
}
