package datastream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"qtinterop/internal/jsontree"
)

// DecodeJSON returns the values at the start of data as a JSON object, in their order, and how
// many bytes they have. What follows is not looked at. Errors are those of [Decoder.Decode].
//
// Numbers are numbers, NaN and infinite ones text; a QString, QChar, QUrl or QUuid is text; a
// QByteArray or QCborValue base64, and a QImage, QPixmap or QBitmap that of its PNG; QDate,
// QTime and QDateTime are as in ISO 8601, the latter with a time zone as
// 2024-02-29T12:00:00.000+01:00[Europe/Berlin], and without anything if it is local time; a
// QBitArray is text of 0 and 1; a QSize {"width": …, "height": …}; a list or QPair an array; a
// QMap or struct an object; null what is null or invalid.
//
// In a QVariant bool, int, double, QString, QVariantList and QVariantMap are just that. Others
// have their type with them: {"QDate": "2024-02-29"}. {"QImage": null} is a QVariant that is null,
// and {"QImage": ""} one that is not and has a null QImage; so it is with QPixmap, QBitmap, QDate,
// QTime and QDateTime. The QVariant of a QByteArray that is null is null when it is written again.
func (f *Form) DecodeJSON(data []byte, o Options) (values json.RawMessage, size int, err error) {
	v := reflect.New(f.all.typ)
	d := NewDecoder(data, o)
	d.isForm = true
	if err := d.Decode(v.Interface()); err != nil {
		return nil, 0, named(err)
	}
	var out bytes.Buffer
	f.all.write(&out, v.Elem())
	return out.Bytes(), d.Offset(), nil
}

// EncodeJSON returns the message of the values in text, which is as [Form.DecodeJSON] makes
// it. Every value must be there, once. A number in a QVariant is an int if it has no point and
// no exponent and fits, else a qint64 or quint64, and with them a double. What is no such
// value is an [ErrValue] with its path. So is text that is not UTF-8, a name that is twice in
// an object, and half of a surrogate pair (\ud83d alone), but for those in a QJsonValue,
// QJsonObject, QJsonArray or QJsonDocument, which are read and written as such an escape.
func (f *Form) EncodeJSON(text []byte, o Options) ([]byte, error) {
	value, err := jsontree.Parse(text)
	if err != nil {
		return nil, &Error{Op: opMarshal, Code: ErrValue, Offset: -1, Msg: err.Error(), Err: err}
	}
	v := reflect.New(f.all.typ)
	if err := f.all.set(v.Elem(), value); err != nil {
		err.Op = opMarshal
		return nil, named(err)
	}
	message, err := Marshal(o, v.Interface())
	return message, named(err)
}

// write appends a value as JSON.
func (t *formType) write(out *bytes.Buffer, v reflect.Value) {
	v = t.value(v)
	switch t.kind {
	case formVariant:
		writeVariant(out, v.Interface())
	case formList:
		writeList(out, v.Len(), func(i int) { t.args[0].write(out, v.Index(i)) })
	case formPair:
		writeList(out, v.NumField(), func(i int) { t.args[i].write(out, v.Field(i)) })
	case formStruct:
		writeObject(out, t.names, func(i int) { t.args[i].write(out, v.Field(i)) })
	case formMap:
		pairs := map[string]reflect.Value{}
		for key, elem := range v.Seq2() {
			pairs[keyText(key)] = elem
		}
		keys := sortedKeys(pairs)
		writeObject(out, keys, func(i int) { t.args[1].write(out, pairs[keys[i]]) })
	default:
		writeJSONValue(out, leafJSON(v.Interface()))
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// keyText is a key as text.
func keyText(key reflect.Value) string {
	switch value := leafJSON(key.Interface()).(type) {
	case string:
		return value
	default:
		return fmt.Sprint(value)
	}
}

func writeList(out *bytes.Buffer, n int, element func(i int)) {
	out.WriteByte('[')
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		element(i)
	}
	out.WriteByte(']')
}

func writeObject(out *bytes.Buffer, names []string, member func(i int)) {
	out.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			out.WriteByte(',')
		}
		writeJSONValue(out, name)
		out.WriteByte(':')
		member(i)
	}
	out.WriteByte('}')
}

// writeJSONValue appends what encoding/json makes of v.
func writeJSONValue(out *bytes.Buffer, v any) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		_ = encoder.Encode(err.Error()) // JSON of a peer that is none
	}
	out.Truncate(out.Len() - 1) // a newline
}

// set sets v to a value of JSON.
func (t *formType) set(v reflect.Value, from any) *Error {
	v = t.value(v)
	switch t.kind {
	case formVariant:
		value, err := variantFrom(from)
		if err == nil && value != nil {
			v.Set(reflect.ValueOf(value))
		}
		return err
	case formList:
		return t.setList(v, from)
	case formMap:
		return t.setMap(v, from)
	case formPair:
		list, ok := from.([]any)
		if !ok || len(list) != 2 {
			return noValue(from, "an array of two, for a "+t.name)
		}
		for i := range list {
			if err := t.args[i].set(v.Field(i), list[i]); err != nil {
				return err.in(fmt.Sprintf("[%d]", i))
			}
		}
		return nil
	case formStruct:
		return t.setStruct(v, from)
	}
	return setLeaf(v, from, t.name)
}

func (t *formType) setList(v reflect.Value, from any) *Error {
	list, ok := from.([]any)
	if !ok {
		return noValue(from, "an array, for a "+t.name)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i := range list {
		if err := t.args[0].set(v.Index(i), list[i]); err != nil {
			return err.in(fmt.Sprintf("[%d]", i))
		}
	}
	return nil
}

func (t *formType) setMap(v reflect.Value, from any) *Error {
	object, ok := from.(map[string]any)
	if !ok {
		return noValue(from, "an object, for a "+t.name)
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(object)))
	for _, text := range sortedKeys(object) {
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		err := setKey(key, text, t.args[0].name)
		if err == nil && v.MapIndex(key).IsValid() {
			err = fail(ErrValue, "the key is there before, written otherwise")
		}
		if err == nil {
			err = t.args[1].set(elem, object[text])
		}
		if err != nil {
			return err.in(fmt.Sprintf("[%q]", text))
		}
		v.SetMapIndex(key, elem)
	}
	return nil
}

// setKey sets a key of a map: of a number as of text.
func setKey(v reflect.Value, text, name string) *Error {
	var from any = text
	if k := v.Kind(); isSigned(k) || isUnsigned(k) && (name != "QChar" || isSurrogate(text)) {
		from = json.Number(text)
	}
	return setLeaf(v, from, name)
}

// isSurrogate tells whether text is the number of half of a pair, which leafJSON has of one.
func isSurrogate(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && utf16.IsSurrogate(rune(n))
}

func (t *formType) setStruct(v reflect.Value, from any) *Error {
	object, ok := from.(map[string]any)
	if !ok {
		return noValue(from, "an object with "+strings.Join(t.names, ", "))
	}
	for _, name := range sortedKeys(object) {
		if !slices.Contains(t.names, name) {
			return fail(ErrValue, "there is no value of that name; there are %s", strings.Join(t.names, ", ")).in("." + name)
		}
	}
	for i, name := range t.names {
		value, ok := object[name]
		if !ok {
			return fail(ErrValue, "it is missing; a message has all its values").in("." + name)
		}
		if err := t.args[i].set(v.Field(i), value); err != nil {
			return err.in("." + name)
		}
	}
	return nil
}

// noValue is that from is not what is wanted.
func noValue(from any, wanted string) *Error {
	if half, ok := from.(jsontree.Half); ok {
		return fail(ErrValue, "%v", half)
	}
	var out bytes.Buffer
	writeJSONValue(&out, from)
	text := out.String()
	if len(text) > 40 {
		text = strconv.Quote(text[:40]) + "…"
	}
	return fail(ErrValue, "%s is not %s", text, wanted)
}
