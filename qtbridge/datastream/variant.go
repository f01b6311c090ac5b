package datastream

import (
	"fmt"
	"reflect"

	"qtinterop/native"
)

// variant appends what a QVariant has that holds v.
func (e *encoder) variant(v reflect.Value) *Error {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && !isLeafPointer(v.Type())) {
		v = v.Elem() // an invalid Value of a nil
	}
	if !v.IsValid() {
		e.out = append(e.out, native.StreamInvalid)
		return nil
	}
	if e.depth++; e.depth > maxDepth {
		return fail(ErrDepth, "more than %d containers within each other; is one within itself?", maxDepth)
	}
	defer func() { e.depth-- }()
	if null, ok := v.Interface().(Null); ok {
		return e.null(null)
	}
	tag, err := variantTag(v.Type())
	if err != nil {
		return err
	}
	e.out = append(e.out, tag)
	switch tag {
	case native.StreamList:
		if err := e.length(v.Len()); err != nil {
			return err
		}
		for i := range v.Len() {
			e.out = append(e.out, native.StreamVariant)
			if err := e.variant(v.Index(i)); err != nil {
				return err.in(fmt.Sprintf("[%d]", i))
			}
		}
		return nil
	case native.StreamStringList:
		if err := e.length(v.Len()); err != nil {
			return err
		}
		return e.elements(v, &node{tag: native.StreamString})
	case native.StreamMap, native.StreamHash:
		return e.variantMap(v)
	}
	return e.leaf(v, tag)
}

func isLeafPointer(t reflect.Type) bool {
	_, ok := goTypes[t]
	return ok
}

func (e *encoder) variantMap(v reflect.Value) *Error {
	if err := e.length(v.Len()); err != nil {
		return err
	}
	for _, pair := range sortedPairs(v) {
		e.out = append(e.out, native.StreamString)
		err := e.text(pair.key)
		if err == nil {
			e.out = append(e.out, native.StreamVariant)
			err = e.variant(pair.value)
		}
		if err != nil {
			return err.in(fmt.Sprintf("[%q]", pair.key.String()))
		}
	}
	return nil
}

func (e *encoder) null(null Null) *Error {
	if null.Value == nil {
		return fail(ErrValue, "a Null without a type: Null{int32(0)}, or nil for an invalid QVariant")
	}
	tag, err := variantTag(reflect.TypeOf(null.Value))
	if err == nil {
		e.out = append(e.out, native.StreamNull, tag)
	}
	return err
}

// variantTag is the type that a QVariant has of a Go type.
func variantTag(t reflect.Type) (byte, *Error) {
	if tag, ok := goTypes[t]; ok {
		return tag, nil
	}
	if tag, ok := goKinds[t.Kind()]; ok {
		return tag, nil
	}
	switch t.Kind() {
	case reflect.Int:
		return native.StreamInt64, nil
	case reflect.Uint:
		return native.StreamUInt64, nil
	case reflect.Slice:
		switch t.Elem().Kind() {
		case reflect.Uint8:
			return native.StreamBytes, nil
		case reflect.String:
			return native.StreamStringList, nil
		}
		return native.StreamList, nil
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			break
		}
		if t == reflect.TypeFor[Hash]() {
			return native.StreamHash, nil
		}
		return native.StreamMap, nil
	}
	return 0, fail(ErrType, "%v in a QVariant: it has numbers, text, bytes, times, the types of this package, slices of these and maps by string", t)
}
