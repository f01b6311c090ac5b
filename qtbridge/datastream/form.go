package datastream

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// Form is the types and names of the values of a message, for a program that learns them
// only when it runs. Its values are JSON: see [Form.DecodeJSON].
type Form struct{ all *formType }

// formType is a type of Qt in a Form.
type formType struct {
	name  string
	kind  formKind
	args  []*formType  // of the elements, of key and value, of the members
	names []string     // of the members of a struct
	typ   reflect.Type // of its values in Go
	inner bool         // typ is a struct with the value in its only field, which has a tag
}

type formKind uint8

const (
	formLeaf formKind = iota
	formVariant
	formList
	formMap
	formPair
	formStruct
)

// What the names of fields begin with: of members, and of the only field of a wrapping struct.
const (
	memberPrefix = "F_"
	wrapperName  = "W__"
)

// formLeaves are the types without parts, by their Qt names.
var formLeaves = map[string]reflect.Type{
	"bool":  reflect.TypeFor[bool](),
	"qint8": reflect.TypeFor[int8](), "quint8": reflect.TypeFor[uint8](), "qint16": reflect.TypeFor[int16](), "quint16": reflect.TypeFor[uint16](),
	"qint32": reflect.TypeFor[int32](), "quint32": reflect.TypeFor[uint32](), "qint64": reflect.TypeFor[int64](), "quint64": reflect.TypeFor[uint64](),
	"float": reflect.TypeFor[float32](), "double": reflect.TypeFor[float64](), "QChar": reflect.TypeFor[Char](),
	"QString": reflect.TypeFor[*string](), "QByteArray": reflect.TypeFor[[]byte](), "QUrl": reflect.TypeFor[string](),
	"QUuid": reflect.TypeFor[UUID](), "QBitArray": reflect.TypeFor[Bits](), "QDate": reflect.TypeFor[Date](),
	"QTime": reflect.TypeFor[Time](), "QDateTime": reflect.TypeFor[time.Time](),
	"QSize": reflect.TypeFor[Size](), "QSizeF": reflect.TypeFor[SizeF](), "QPoint": reflect.TypeFor[Point](), "QPointF": reflect.TypeFor[PointF](),
	"QRect": reflect.TypeFor[Rect](), "QRectF": reflect.TypeFor[RectF](), "QLine": reflect.TypeFor[Line](), "QLineF": reflect.TypeFor[LineF](),
	"QJsonValue": reflect.TypeFor[JSON](), "QJsonDocument": reflect.TypeFor[json.RawMessage](), "QJsonObject": reflect.TypeFor[Object](),
	"QJsonArray": reflect.TypeFor[Array](), "QCborValue": reflect.TypeFor[CBOR](),
	"QImage": reflect.TypeFor[pngImage](), "QPixmap": reflect.TypeFor[pngPixmap](), "QBitmap": reflect.TypeFor[pngBitmap](),
}

// formAliases are other names of types.
var formAliases = map[string]string{
	"uchar": "quint8", "short": "qint16", "ushort": "quint16", "int": "qint32", "uint": "quint32", "qlonglong": "qint64",
	"qulonglong": "quint64", "qreal": "double", "QVariantMap": "QMap<QString,QVariant>", "QVariantHash": "QHash<QString,QVariant>",
	"QVariantList": "QList<QVariant>", "QStringList": "QList<QString>", "QByteArrayList": "QList<QByteArray>",
}

// formContainers are the types with types in <>.
var formContainers = map[string]struct {
	kind formKind
	args int
}{
	"QList": {formList, 1}, "QVector": {formList, 1}, "QSet": {formList, 1}, "QMap": {formMap, 2}, "QHash": {formMap, 2},
	"QPair": {formPair, 2}, "std::pair": {formPair, 2},
}

// newFormType is a type of its Qt name and of the types in its <>.
func newFormType(name string, args []*formType) (*formType, *Error) {
	t := &formType{name: name, args: args}
	if leaf, ok := formLeaves[name]; ok && len(args) == 0 {
		if t.typ = leaf; name == "QUrl" {
			t.wrap(leaf, name)
		}
		return t, nil
	}
	if name == "QVariant" && len(args) == 0 {
		t.kind, t.typ = formVariant, reflect.TypeFor[any]()
		return t, nil
	}
	container, ok := formContainers[name]
	switch {
	case !ok && (formLeaves[name] != nil || name == "QVariant"):
		return nil, fail(ErrTag, "%s has no types in <>", name)
	case !ok:
		return nil, fail(ErrTag, "there is no Qt type %q here; say as in: QString name; qint32 n; QMap<QString,QVariant> settings", name)
	case len(args) != container.args:
		return nil, fail(ErrTag, "%s has %d in <>, and not %d", name, container.args, len(args))
	}
	t.kind = container.kind
	switch t.kind {
	case formList:
		if t.typ = reflect.SliceOf(args[0].typ); args[0].typ.Kind() == reflect.Uint8 {
			t.wrap(t.typ, "QList<quint8>") // without a tag it is a QByteArray
		}
	case formMap:
		key, err := keyType(args[0])
		if err != nil {
			return nil, err
		}
		t.typ = reflect.MapOf(key, args[1].typ)
	case formPair:
		t.names = []string{"first", "second"}
		t.typ = structOfForm(t.names, args)
	}
	return t, nil
}

// wrap makes the Go type a struct, for the tag of its only field.
func (t *formType) wrap(typ reflect.Type, tag string) {
	t.inner = true
	t.typ = reflect.StructOf([]reflect.StructField{{Name: wrapperName, Type: typ, Tag: reflect.StructTag(`qt:"` + tag + `"`)}})
}

// keyType is the Go type of a key, which JSON has as text.
func keyType(t *formType) (reflect.Type, *Error) {
	switch {
	case t.name == "QString":
		return reflect.TypeFor[string](), nil
	case t.kind == formLeaf && t.typ.Kind() >= reflect.Int && t.typ.Kind() <= reflect.Uint64 && t.name != "QTime", t.name == "QUuid":
		return t.typ, nil
	}
	return nil, fail(ErrTag, "%s as the key of a map, which JSON has no form for: it has text, integers, QChar and QUuid", t.name)
}

// newFormStruct is members one after the other.
func newFormStruct(names []string, types []*formType) *formType {
	return &formType{name: "struct", kind: formStruct, args: types, names: names, typ: structOfForm(names, types)}
}

func structOfForm(names []string, types []*formType) reflect.Type {
	fields := make([]reflect.StructField, len(names))
	for i, t := range types {
		fields[i] = reflect.StructField{Name: memberPrefix + names[i], Type: t.typ}
	}
	return reflect.StructOf(fields)
}

// value is v without a wrapping struct.
func (t *formType) value(v reflect.Value) reflect.Value {
	if t.inner {
		return v.Field(0)
	}
	return v
}

// named has the names of the Form in the path of an error, and no word of Go's types.
func named(err error) error {
	if e, ok := err.(*Error); ok {
		path := strings.TrimPrefix(e.Path, "[0]")
		path = strings.ReplaceAll(strings.ReplaceAll(path, "."+wrapperName, ""), "."+memberPrefix, ".")
		e.Path = strings.TrimPrefix(path, ".")
	}
	return err
}
