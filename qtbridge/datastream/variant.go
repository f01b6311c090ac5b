package datastream

import (
	"image"
	"math"
	"net/url"
	"reflect"
	"sync"
	"unsafe"

	"qtinterop/native"
)

// variant appends what a QVariant has that holds x.
func (e *encoder) variant(x any) *Error {
	switch x := x.(type) {
	case nil:
		e.out = append(e.out, native.StreamInvalid)
	case bool:
		e.out = append(e.out, native.StreamBool, *(*byte)(unsafe.Pointer(&x)))
	case int32:
		e.out = append(e.out, native.StreamInt32)
		e.u32(uint32(x))
	case int:
		e.out = append(e.out, native.StreamInt64)
		e.u64(uint64(x))
	case float64:
		e.real(native.StreamDouble, x)
	case string:
		return e.text(x)
	case map[string]any:
		return e.within(unsafe.Pointer(&x), variantMap)
	case []any:
		return e.within(unsafe.Pointer(&x), variantList)
	default:
		return e.variantOf(reflect.ValueOf(x))
	}
	return nil
}

// variantOf is variant of any type.
func (e *encoder) variantOf(v reflect.Value) *Error {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && !isLeafPointer(v.Type())) {
		v = v.Elem() // an invalid Value of a nil
	}
	if !v.IsValid() {
		e.out = append(e.out, native.StreamInvalid)
		return nil
	}
	if isPicture(v.Type()) {
		e.out = append(e.out, pictureTag(v.Type()))
		if isNullImage(v.Interface()) {
			return e.picture(nil)
		}
		return e.picture(pictureOf(v))
	}
	if v.Type() == reflect.TypeFor[Null]() {
		return e.null(v.Interface().(Null))
	}
	n, err := variantNode(v.Type())
	if err != nil {
		return err
	}
	return e.within(addressOf(v), n)
}

// within appends what may have containers in it: one could be within itself.
func (e *encoder) within(p unsafe.Pointer, n *node) *Error {
	if e.depth++; e.depth > maxDepth {
		return fail(ErrDepth, "more than %d containers within each other; is one within itself?", maxDepth)
	}
	err := e.value(p, n)
	e.depth--
	return err
}

// addressOf is where v is in memory, or a copy of it.
func addressOf(v reflect.Value) unsafe.Pointer {
	if !v.CanAddr() {
		c := reflect.New(v.Type())
		c.Elem().Set(v)
		return c.UnsafePointer()
	}
	return v.Addr().UnsafePointer()
}

// isLeafPointer tells whether a pointer is a value, and not just leads to one.
func isLeafPointer(t reflect.Type) bool { return t == reflect.TypeFor[*url.URL]() || isPicture(t) }

func (e *encoder) null(null Null) *Error {
	if null.Value == nil {
		return fail(ErrValue, "a Null without a type: Null{int32(0)}, or nil for an invalid QVariant")
	}
	n, err := variantNode(reflect.TypeOf(null.Value))
	if err == nil {
		e.out = append(e.out, native.StreamNull, n.tag)
	}
	return err
}

var (
	variantList  = mustVariantNode[[]any]()
	variantMap   = mustVariantNode[map[string]any]()
	variantTexts = mustVariantNode[[]string]()
)

func mustVariantNode[T any]() *node {
	n, err := makeVariantNode(reflect.TypeFor[T]())
	if err != nil {
		panic(err)
	}
	return n
}

// variantNodes are those that were made.
var variantNodes sync.Map

// variantNode is what is within a QVariant that has a value of a Go type.
func variantNode(t reflect.Type) (*node, *Error) {
	if n, ok := variantNodes.Load(t); ok {
		return n.(*node), nil
	}
	n, err := makeVariantNode(t)
	if err == nil {
		variantNodes.Store(t, n)
	}
	return n, err
}

func makeVariantNode(t reflect.Type) (*node, *Error) {
	tag, err := variantTag(t)
	if err != nil {
		return nil, err
	}
	switch tag {
	case native.StreamList:
		return &node{tag: tag, do: doList, typ: t, elem: newNode(t.Elem(), native.StreamVariant)}, nil
	case native.StreamStringList:
		return &node{tag: tag, do: doList, typ: t, elem: newNode(t.Elem(), native.StreamString)}, nil
	case native.StreamMap, native.StreamHash:
		return &node{tag: tag, do: doMap, typ: t, maps: mapAccessOf(t),
			key: newNode(t.Key(), native.StreamString), elem: newNode(t.Elem(), native.StreamVariant)}, nil
	}
	return newNode(t, tag), nil
}

// variantTag is the type that a QVariant has of a Go type.
func variantTag(t reflect.Type) (byte, *Error) {
	if tag, ok := goTypes[t]; ok {
		return tag, nil
	}
	if isPicture(t) {
		return native.StreamImage, nil
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

// variant is what is in a QVariant, after its tag.
func (d *decoder) variant() (any, *Error) {
	switch tag := d.tag(); tag {
	case native.StreamInvalid:
		return nil, nil
	case native.StreamNull:
		value, err := d.variant()
		if isNullImage(value) {
			value = (*image.NRGBA)(nil)
		}
		return Null{value}, err
	case native.StreamInt32:
		return int32(d.u32()), nil
	case native.StreamDouble:
		return d.f64(), nil
	case native.StreamString:
		return d.text()
	case native.StreamList:
		var list []any
		err := d.content(unsafe.Pointer(&list), variantList)
		return list, err
	case native.StreamStringList:
		var list []string
		err := d.content(unsafe.Pointer(&list), variantTexts)
		return list, err
	case native.StreamMap, native.StreamHash:
		var m map[string]any
		err := d.content(unsafe.Pointer(&m), variantMap)
		if tag == native.StreamHash {
			return Hash(m), err
		}
		return m, err
	case native.StreamImage, native.StreamPixmap, native.StreamBitmap:
		return d.pictureVariant(tag)
	default:
		n := leafNodes()[tag]
		v := reflect.New(n.typ)
		err := d.content(v.UnsafePointer(), n)
		return v.Elem().Interface(), err
	}
}

// variantInto sets v to what is in a QVariant, if that fits.
func (d *decoder) variantInto(v reflect.Value) *Error {
	value, err := d.variant()
	if err != nil {
		return err
	}
	if value == nil {
		v.SetZero()
		return nil
	}
	from := reflect.ValueOf(value)
	switch {
	case from.Type().AssignableTo(v.Type()):
		v.Set(from)
	case sameKind(from.Kind(), v.Kind()) && from.CanConvert(v.Type()) && fitsKind(from, v.Type()):
		v.Set(from.Convert(v.Type()))
	default:
		return fail(ErrValue, "the QVariant has a %v, and the Go type is %v", from.Type(), v.Type())
	}
	return nil
}

// sameKind is about kinds of which one value can be of the other.
func sameKind(a, b reflect.Kind) bool {
	isInteger := func(k reflect.Kind) bool { return isSigned(k) || isUnsigned(k) }
	return a == b || isInteger(a) && isInteger(b) || isFloat(a) && isFloat(b)
}

func fitsKind(from reflect.Value, t reflect.Type) bool {
	to := reflect.New(t).Elem()
	switch k := t.Kind(); {
	case isSigned(k):
		if isUnsigned(from.Kind()) {
			return from.Uint() <= math.MaxInt64 && !to.OverflowInt(int64(from.Uint()))
		}
		return !to.OverflowInt(from.Int())
	case isUnsigned(k):
		if isSigned(from.Kind()) {
			return from.Int() >= 0 && !to.OverflowUint(uint64(from.Int()))
		}
		return !to.OverflowUint(from.Uint())
	}
	return true
}

// leafNodes are the Go types of what is in a QVariant, but for containers.
var leafNodes = sync.OnceValue(func() map[byte]*node {
	nodes := map[byte]*node{native.StreamBytes: newNode(reflect.TypeFor[[]byte](), native.StreamBytes)}
	for t, tag := range goTypes {
		if !isPictureTag(tag) && (t.Kind() != reflect.Struct || tag != native.StreamURL) {
			nodes[tag] = newNode(t, tag)
		}
	}
	for _, t := range []reflect.Type{reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[float32](), reflect.TypeFor[float64](),
		reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](), reflect.TypeFor[int64](),
		reflect.TypeFor[uint8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint32](), reflect.TypeFor[uint64]()} {
		nodes[goKinds[t.Kind()]] = newNode(t, goKinds[t.Kind()])
	}
	return nodes
})
