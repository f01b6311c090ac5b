package datastream

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// mapAccess takes maps apart and puts them together.
type mapAccess interface {
	// pairs takes the map at p apart. It may use the end of e.keys.
	pairs(e *encoder, p unsafe.Pointer) pairs
	// fill sets the map at p, which is one of n, to the next length elements of d.
	fill(d *decoder, p unsafe.Pointer, n *node, length int) *Error
}

// pairs are the elements of a map, in two arrays.
type pairs struct {
	len          int
	keys, values unsafe.Pointer
}

// key is a key, of type n.
func (s pairs) key(n *node, i int32) reflect.Value {
	return reflect.NewAt(n.typ, unsafe.Add(s.keys, uintptr(i)*n.typ.Size())).Elem()
}

// mapAccessOf is that of the commonest types without reflection.
func mapAccessOf(t reflect.Type) mapAccess {
	if t.Key() == reflect.TypeFor[string]() {
		if access, ok := mapsByText[t.Elem()]; ok {
			return access
		}
	}
	return anyMap{t}
}

var mapsByText = map[reflect.Type]mapAccess{
	reflect.TypeFor[any]():     mapByText[any]{},
	reflect.TypeFor[string]():  mapByText[string]{},
	reflect.TypeFor[bool]():    mapByText[bool]{},
	reflect.TypeFor[int32]():   mapByText[int32]{},
	reflect.TypeFor[int64]():   mapByText[int64]{},
	reflect.TypeFor[float64](): mapByText[float64]{},
	reflect.TypeFor[[]byte]():  mapByText[[]byte]{},
}

type mapByText[V any] struct{}

func (mapByText[V]) pairs(e *encoder, p unsafe.Pointer) pairs {
	m := *(*map[string]V)(p)
	first := len(e.keys)
	e.keys = slices.Grow(e.keys, len(m))
	keys, values := e.keys[first:], make([]V, 0, len(m))
	for key, value := range m {
		keys, values = append(keys, key), append(values, value)
	}
	e.keys = e.keys[:first+len(keys)]
	return pairs{len(keys), unsafe.Pointer(unsafe.SliceData(keys)), unsafe.Pointer(unsafe.SliceData(values))}
}

func (mapByText[V]) fill(d *decoder, p unsafe.Pointer, n *node, length int) *Error {
	m := make(map[string]V, length)
	*(*map[string]V)(p) = m
	var key string
	var value V
	for i := range length {
		key = ""
		if err := d.value(unsafe.Pointer(&key), n.key); err != nil {
			return err.in(fmt.Sprintf("[key %d]", i))
		}
		value = *new(V)
		if err := d.value(unsafe.Pointer(&value), n.elem); err != nil {
			return err.in(fmt.Sprintf("[%q]", key))
		}
		m[key] = value
	}
	return nil
}

// anyMap is a map of any other type.
type anyMap struct{ t reflect.Type }

func (a anyMap) pairs(_ *encoder, p unsafe.Pointer) pairs {
	m := reflect.NewAt(a.t, p).Elem()
	n := m.Len()
	keys := reflect.MakeSlice(reflect.SliceOf(a.t.Key()), n, n)
	values := reflect.MakeSlice(reflect.SliceOf(a.t.Elem()), n, n)
	i := 0
	for iter := m.MapRange(); iter.Next(); i++ {
		keys.Index(i).SetIterKey(iter)
		values.Index(i).SetIterValue(iter)
	}
	return pairs{n, keys.UnsafePointer(), values.UnsafePointer()}
}

func (a anyMap) fill(d *decoder, p unsafe.Pointer, n *node, length int) *Error {
	m := reflect.MakeMapWithSize(a.t, length)
	reflect.NewAt(a.t, p).Elem().Set(m)
	key, value := reflect.New(a.t.Key()), reflect.New(a.t.Elem())
	for i := range length {
		key.Elem().SetZero()
		if err := d.value(key.UnsafePointer(), n.key); err != nil {
			return err.in(fmt.Sprintf("[key %d]", i))
		}
		if !key.Elem().Comparable() {
			return fail(ErrValue, "%v is no key of a map in Go", key.Elem()).in(fmt.Sprintf("[key %d]", i))
		}
		value.Elem().SetZero()
		if err := d.value(value.UnsafePointer(), n.elem); err != nil {
			return err.in(fmt.Sprintf("[%#v]", key.Elem()))
		}
		m.SetMapIndex(key.Elem(), value.Elem())
	}
	return nil
}
