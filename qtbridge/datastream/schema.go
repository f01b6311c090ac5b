package datastream

import (
	"encoding/binary"
	"encoding/json"
	"image"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"qtinterop/native"
)

// tagKey is the key of our tags.
const tagKey = "qt"

// node is a Go type and the Qt type that it stands for: what there is to do with a value of
// it in memory.
type node struct {
	tag    byte // a native.Stream constant
	do     action
	typ    reflect.Type // in Go
	key    *node
	elem   *node
	fields []nodeField // of a struct: its members, one after the other
	length int         // of an array
	maps   mapAccess   // of a map
}

type nodeField struct {
	name   string
	offset uintptr
	node   *node
}

// action is how a value is taken from memory and put there.
type action uint8

const (
	doLeaf action = iota // as the tag says
	doBool
	doCopy1 // an integer of as many bytes on both sides
	doCopy2
	doCopy4
	doCopy8
	doFloat32
	doFloat64
	doText  // a string
	doBytes // a []byte
	doTuple
	doArray
	doList
	doMap
	doAny     // a QVariant in an any
	doVariant // in another type
)

// newNode is a node of a Go type that needs no other nodes.
func newNode(t reflect.Type, tag byte) *node {
	n := &node{tag: tag, typ: t}
	k := t.Kind()
	switch {
	case tag == native.StreamVariant && k == reflect.Interface && t.NumMethod() == 0:
		n.do = doAny
	case tag == native.StreamVariant:
		n.do = doVariant
	case tag == native.StreamBool:
		n.do = doBool
	case isIntegerTag(tag) && integerSize(tag) == int(t.Size()) && isSignedTag(tag) == isSigned(k):
		n.do = map[int]action{1: doCopy1, 2: doCopy2, 4: doCopy4, 8: doCopy8}[integerSize(tag)]
	case tag == native.StreamChar && k == reflect.Uint16:
		n.do = doCopy2
	case k == reflect.Float32:
		n.do = doFloat32
	case k == reflect.Float64:
		n.do = doFloat64
	case tag == native.StreamString && k == reflect.String:
		n.do = doText
	case isBytesTag(tag) && k == reflect.Slice:
		n.do = doBytes
	}
	return n
}

// isBytesTag is about types that cross as bytes.
func isBytesTag(tag byte) bool {
	return tag == native.StreamBytes || tag == native.StreamCBOR || tag == native.StreamJSONValue || tag == native.StreamJSONDocument ||
		tag == native.StreamJSONObject || tag == native.StreamJSONArray
}

// goTypes are the Qt types of Go types that stand for one.
var goTypes = map[reflect.Type]byte{
	reflect.TypeFor[Char]():            native.StreamChar,
	reflect.TypeFor[Date]():            native.StreamDate,
	reflect.TypeFor[Time]():            native.StreamTime,
	reflect.TypeFor[time.Time]():       native.StreamDateTime,
	reflect.TypeFor[UUID]():            native.StreamUUID,
	reflect.TypeFor[url.URL]():         native.StreamURL,
	reflect.TypeFor[*url.URL]():        native.StreamURL,
	reflect.TypeFor[CBOR]():            native.StreamCBOR,
	reflect.TypeFor[Bits]():            native.StreamBits,
	reflect.TypeFor[JSON]():            native.StreamJSONValue,
	reflect.TypeFor[json.RawMessage](): native.StreamJSONDocument,
	reflect.TypeFor[Object]():          native.StreamJSONObject,
	reflect.TypeFor[Array]():           native.StreamJSONArray,
	reflect.TypeFor[Size]():            native.StreamSize,
	reflect.TypeFor[SizeF]():           native.StreamSizeF,
	reflect.TypeFor[Point]():           native.StreamPoint,
	reflect.TypeFor[PointF]():          native.StreamPointF,
	reflect.TypeFor[Rect]():            native.StreamRect,
	reflect.TypeFor[RectF]():           native.StreamRectF,
	reflect.TypeFor[Line]():            native.StreamLine,
	reflect.TypeFor[LineF]():           native.StreamLineF,
	reflect.TypeFor[image.Image]():     native.StreamImage,
	reflect.TypeFor[Pixmap]():          native.StreamPixmap,
	reflect.TypeFor[Bitmap]():          native.StreamBitmap,
	reflect.TypeFor[pngImage]():        native.StreamImage,
	reflect.TypeFor[pngPixmap]():       native.StreamPixmap,
	reflect.TypeFor[pngBitmap]():       native.StreamBitmap,
}

// goKinds are those of kinds of Go that have just one.
var goKinds = map[reflect.Kind]byte{
	reflect.Bool: native.StreamBool,
	reflect.Int8: native.StreamInt8, reflect.Int16: native.StreamInt16, reflect.Int32: native.StreamInt32, reflect.Int64: native.StreamInt64,
	reflect.Uint8: native.StreamUInt8, reflect.Uint16: native.StreamUInt16, reflect.Uint32: native.StreamUInt32, reflect.Uint64: native.StreamUInt64,
	reflect.Float32: native.StreamFloat, reflect.Float64: native.StreamDouble, reflect.String: native.StreamString,
}

// qtNames are the Qt types that a tag can name.
var qtNames = map[string]byte{
	"bool": native.StreamBool, "qint8": native.StreamInt8, "quint8": native.StreamUInt8, "uchar": native.StreamUInt8,
	"qint16": native.StreamInt16, "short": native.StreamInt16, "quint16": native.StreamUInt16, "ushort": native.StreamUInt16,
	"qint32": native.StreamInt32, "int": native.StreamInt32, "quint32": native.StreamUInt32, "uint": native.StreamUInt32,
	"qint64": native.StreamInt64, "qlonglong": native.StreamInt64, "quint64": native.StreamUInt64, "qulonglong": native.StreamUInt64,
	"float": native.StreamFloat, "double": native.StreamDouble, "QChar": native.StreamChar, "QString": native.StreamString,
	"QByteArray": native.StreamBytes, "QUrl": native.StreamURL, "QUuid": native.StreamUUID, "QBitArray": native.StreamBits,
	"QDate": native.StreamDate, "QTime": native.StreamTime, "QDateTime": native.StreamDateTime,
	"QSize": native.StreamSize, "QSizeF": native.StreamSizeF, "QPoint": native.StreamPoint, "QPointF": native.StreamPointF,
	"QRect": native.StreamRect, "QRectF": native.StreamRectF, "QLine": native.StreamLine, "QLineF": native.StreamLineF,
	"QJsonValue": native.StreamJSONValue, "QJsonDocument": native.StreamJSONDocument, "QJsonObject": native.StreamJSONObject,
	"QJsonArray": native.StreamJSONArray, "QImage": native.StreamImage, "QPixmap": native.StreamPixmap, "QBitmap": native.StreamBitmap,
	"QCborValue": native.StreamCBOR, "QVariant": native.StreamVariant,
	"QStringList": native.StreamList, "QList": native.StreamList, "QVector": native.StreamList, "QSet": native.StreamList,
	"QMap": native.StreamMap, "QHash": native.StreamMap,
}

// tagNames are the names of Qt types by their constants.
var tagNames = sync.OnceValue(func() map[byte]string {
	names := map[byte]string{}
	for name, tag := range qtNames {
		if old := names[tag]; old == "" || name[0] == 'q' || name[0] == 'Q' && len(name) < len(old) {
			names[tag] = name
		}
	}
	names[native.StreamList], names[native.StreamMap] = "QList", "QMap"
	names[native.StreamStringList], names[native.StreamHash] = "QStringList", "QVariantHash"
	names[native.StreamInt64], names[native.StreamUInt64] = "qint64", "quint64"
	return names
})

// qtType is a type as a tag has it: QMap<QString, QList<QChar>>. The zero qtType is that
// of the Go type.
type qtType struct {
	name string
	args []qtType
}

func parseType(text string) (qtType, *Error) {
	t, rest, err := parseTypePart(strings.ReplaceAll(text, " ", ""))
	if err == nil && rest != "" {
		return t, fail(ErrTag, "%q after the type in the tag %q", rest, text)
	}
	return t, err
}

func parseTypePart(text string) (t qtType, rest string, err *Error) {
	n := strings.IndexAny(text, "<,>")
	if n < 0 {
		n = len(text)
	}
	t.name, rest = text[:n], text[n:]
	if !strings.HasPrefix(rest, "<") {
		return t, rest, nil
	}
	for rest[0] != '>' {
		var arg qtType
		if arg, rest, err = parseTypePart(rest[1:]); err != nil {
			return t, rest, err
		}
		if t.args = append(t.args, arg); rest == "" {
			return t, rest, fail(ErrTag, "a < without a > in the type %q", text)
		}
	}
	return t, rest[1:], nil
}

// nodes are those of Go types without a tag.
var nodes sync.Map

// nodeOf is the node of a Go type.
func nodeOf(t reflect.Type) (*node, *Error) {
	if n, ok := nodes.Load(t); ok {
		return n.(*node), nil
	}
	n, err := (&builder{}).build(t, qtType{})
	if err == nil {
		nodes.Store(t, n)
	}
	return n, err
}

// builder makes nodes. within are the structs that it is in: a struct in itself has no end.
type builder struct{ within []reflect.Type }

func (b *builder) build(t reflect.Type, want qtType) (*node, *Error) {
	if want.name != "" {
		tag, ok := qtNames[want.name]
		if !ok {
			return nil, fail(ErrTag, "there is no Qt type %q here", want.name)
		}
		return b.buildAs(t, want, tag)
	}
	if tag, ok := goTypes[t]; ok {
		return newNode(t, tag), nil
	}
	if tag, ok := goKinds[t.Kind()]; ok {
		return newNode(t, tag), nil
	}
	return b.container(t)
}

func (b *builder) container(t reflect.Type) (*node, *Error) {
	switch t.Kind() {
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return newNode(t, native.StreamVariant), nil
		}
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.String {
			return newNode(t, native.StreamString), nil
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return newNode(t, native.StreamBytes), nil
		}
		return b.list(t, qtType{})
	case reflect.Map:
		return b.mapOf(t, qtType{})
	case reflect.Array:
		if t.Len() == 0 {
			return nil, fail(ErrType, "%v has no element, and so no form", t)
		}
		elem, err := b.build(t.Elem(), qtType{})
		if err != nil {
			return nil, err.in("[…]")
		}
		return &node{tag: native.StreamArray, do: doArray, typ: t, elem: elem, length: t.Len()}, nil
	case reflect.Struct:
		return b.structOf(t)
	case reflect.Int, reflect.Uint:
		return nil, fail(ErrType, `Go's %v has no fixed size: use int32 and the like, or say Qt's type by a tag: qt:"int", qt:"qint64"`, t)
	}
	return nil, fail(ErrType, "%v", t)
}

// structOf is a struct: its exported fields in their order, without a frame, as programs
// write them that have an operator<<.
func (b *builder) structOf(t reflect.Type) (*node, *Error) {
	if slices.Contains(b.within, t) {
		return nil, fail(ErrType, "%v is within itself", t)
	}
	b.within = append(b.within, t)
	defer func() { b.within = b.within[:len(b.within)-1] }()
	n := &node{tag: native.StreamTuple, do: doTuple, typ: t}
	for field := range t.Fields() {
		tag := field.Tag.Get(tagKey)
		if tag == "-" {
			continue
		}
		if !field.IsExported() {
			return nil, fail(ErrTag, `it is not exported: export it, or leave it out with the tag qt:"-"`).in("." + field.Name)
		}
		want, err := parseType(tag)
		if err != nil {
			return nil, err.in("." + field.Name)
		}
		member, err := b.build(field.Type, want)
		if err != nil {
			return nil, err.in("." + field.Name)
		}
		n.fields = append(n.fields, nodeField{field.Name, field.Offset, member})
	}
	if len(n.fields) == 0 {
		return nil, fail(ErrType, "%v has no field, and so no form", t)
	}
	if len(n.fields) > 0xFFFF {
		return nil, fail(ErrType, "a struct of %d fields", len(n.fields))
	}
	return n, nil
}

func (b *builder) list(t reflect.Type, want qtType) (*node, *Error) {
	elem, err := b.build(t.Elem(), want)
	if err != nil {
		return nil, err.in("[…]")
	}
	return &node{tag: native.StreamList, do: doList, typ: t, elem: elem}, nil
}

func (b *builder) mapOf(t reflect.Type, want qtType) (*node, *Error) {
	args := want.args
	if len(args) == 0 {
		args = make([]qtType, 2)
	}
	if len(args) != 2 {
		return nil, fail(ErrTag, "a %s has two types: QMap<QString, QChar>", want.name)
	}
	key, err := b.build(t.Key(), args[0])
	if err != nil {
		return nil, err.in("[key]")
	}
	elem, err := b.build(t.Elem(), args[1])
	if err != nil {
		return nil, err.in("[…]")
	}
	return &node{tag: native.StreamMap, do: doMap, typ: t, key: key, elem: elem, maps: mapAccessOf(t)}, nil
}

// buildAs is a Go type as the Qt type of a tag.
func (b *builder) buildAs(t reflect.Type, want qtType, tag byte) (*node, *Error) {
	wrong := fail(ErrTag, "its tag says %s, and its Go type is %v", want.name, t)
	switch tag {
	case native.StreamList:
		if t.Kind() != reflect.Slice || len(want.args) > 1 || want.name == "QStringList" && t.Elem().Kind() != reflect.String {
			return nil, wrong
		}
		elem := qtType{}
		if len(want.args) == 1 {
			elem = want.args[0]
		}
		return b.list(t, elem)
	case native.StreamMap:
		if t.Kind() != reflect.Map {
			return nil, wrong
		}
		return b.mapOf(t, want)
	}
	if len(want.args) != 0 {
		return nil, fail(ErrTag, "%s has no types in <>", want.name)
	}
	if !canHold(t, tag) {
		return nil, wrong
	}
	return newNode(t, tag), nil
}

// canHold tells whether values of a Qt type can be in a Go type.
func canHold(t reflect.Type, tag byte) bool {
	if have, ok := goTypes[t]; ok && have == tag {
		return true
	}
	k := t.Kind()
	switch tag {
	case native.StreamVariant:
		return true
	case native.StreamImage, native.StreamPixmap, native.StreamBitmap:
		return t == reflect.TypeFor[image.Image]() || k == reflect.Slice && t.Elem().Kind() == reflect.Uint8 // of a PNG
	case native.StreamBool:
		return k == reflect.Bool
	case native.StreamFloat, native.StreamDouble:
		return k == reflect.Float32 || k == reflect.Float64
	case native.StreamChar:
		return k == reflect.Uint16 || k == reflect.Int32 // a rune
	case native.StreamString, native.StreamURL:
		return k == reflect.String || k == reflect.Pointer && t.Elem().Kind() == reflect.String && tag == native.StreamString
	case native.StreamBits:
		return k == reflect.Slice && t.Elem().Kind() == reflect.Bool
	case native.StreamUUID:
		return k == reflect.Array && t.Len() == 16 && t.Elem().Kind() == reflect.Uint8
	}
	if isBytesTag(tag) {
		return k == reflect.String || k == reflect.Slice && t.Elem().Kind() == reflect.Uint8
	}
	return isIntegerTag(tag) && (isSigned(k) || isUnsigned(k))
}

func isIntegerTag(tag byte) bool { return tag >= native.StreamInt8 && tag <= native.StreamUInt64 }

func isSigned(k reflect.Kind) bool   { return k >= reflect.Int && k <= reflect.Int64 }
func isUnsigned(k reflect.Kind) bool { return k >= reflect.Uint && k <= reflect.Uint64 }

// types appends what native.ReadStream is told of n.
func (n *node) types(out []byte) []byte {
	switch out = append(out, n.tag); n.tag {
	case native.StreamList:
		out = n.elem.types(out)
	case native.StreamMap:
		out = n.elem.types(n.key.types(out))
	case native.StreamArray:
		out = binary.LittleEndian.AppendUint32(out, uint32(n.length))
		out = n.elem.types(out)
	case native.StreamTuple:
		out = binary.LittleEndian.AppendUint16(out, uint16(len(n.fields)))
		for _, f := range n.fields {
			out = f.node.types(out)
		}
	}
	return out
}
