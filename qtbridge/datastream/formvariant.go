package datastream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"qtinterop/internal/jsontree"
)

// variantNames are the Qt types of what is in a QVariant.
var variantNames = sync.OnceValue(func() map[reflect.Type]string {
	names := map[reflect.Type]string{
		reflect.TypeFor[string](): "QString", reflect.TypeFor[*url.URL](): "QUrl", reflect.TypeFor[[]string](): "QStringList",
		reflect.TypeFor[[]any](): "QVariantList", reflect.TypeFor[map[string]any](): "QVariantMap", reflect.TypeFor[Hash](): "QVariantHash",
	}
	for name, t := range formLeaves {
		if names[t] == "" && t != reflect.TypeFor[*string]() {
			names[t] = name
		}
	}
	return names
})

// variantByName are the Go types of what is in a QVariant.
var variantByName = sync.OnceValue(func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for t, name := range variantNames() {
		types[name] = t
	}
	return types
})

// blanks are the invalid dates and times, and the null pictures, of a QVariant that is not null
// itself: in JSON they are "" there, as null is such a QVariant.
var blanks = map[string]any{"QDate": Date{}, "QTime": Time(-1), "QDateTime": time.Time{},
	"QImage": pngImage(nil), "QPixmap": pngPixmap(nil), "QBitmap": pngBitmap(nil)}

// writeVariant appends what is in a QVariant, with its type where JSON has none.
func writeVariant(out *bytes.Buffer, v any) {
	switch x := v.(type) {
	case nil, bool, string, int32:
		writeJSONValue(out, x)
		return
	case float64:
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			writeJSONValue(out, leafJSON(x))
			return
		}
	case int64:
		if x != int64(int32(x)) {
			writeJSONValue(out, x)
			return
		}
	case uint64:
		if x > math.MaxInt64 {
			writeJSONValue(out, x)
			return
		}
	case []any:
		writeList(out, len(x), func(i int) { writeVariant(out, x[i]) })
		return
	case map[string]any:
		if !looksTyped(x) {
			writeVariantMap(out, x)
			return
		}
	}
	if null, ok := v.(Null); ok {
		writeTyped(out, variantNames()[reflect.TypeOf(null.Value)], func() { out.WriteString("null") })
		return
	}
	writeTyped(out, variantNames()[reflect.TypeOf(v)], func() {
		switch x := v.(type) {
		case map[string]any:
			writeVariantMap(out, x)
		case Hash:
			writeVariantMap(out, x)
		default:
			value := leafJSON(x)
			if blank, ok := blanks[variantNames()[reflect.TypeOf(x)]]; ok && reflect.DeepEqual(x, blank) {
				value = ""
			}
			writeJSONValue(out, value)
		}
	})
}

func writeTyped(out *bytes.Buffer, name string, value func()) {
	writeObject(out, []string{name}, func(int) { value() })
}

func writeVariantMap(out *bytes.Buffer, m map[string]any) {
	keys := sortedKeys(m)
	writeObject(out, keys, func(i int) { writeVariant(out, m[keys[i]]) })
}

// looksTyped tells whether an object could be a value with its type.
func looksTyped(object map[string]any) bool {
	for name := range object {
		return len(object) == 1 && variantByName()[name] != nil
	}
	return false
}

// variantFrom is what is in a QVariant, from JSON.
func variantFrom(from any) (any, *Error) {
	switch x := from.(type) {
	case json.Number:
		return variantNumber(string(x))
	case []any:
		return listFrom(x)
	case map[string]any:
		if looksTyped(x) {
			for name, value := range x {
				v, err := typedVariant(name, value)
				if err != nil {
					return nil, err.in("." + name)
				}
				return v, nil
			}
		}
		return mapFrom(x)
	case jsontree.Half:
		return nil, noValue(x, "text")
	}
	return from, nil // nil, a bool, a string
}

// variantNumber is an int, or if it does not fit a qint64 or quint64, or a double.
func variantNumber(text string) (any, *Error) {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 32); err == nil {
			return int32(n), nil
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n, nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fail(ErrValue, "%s is beyond a double", text)
	}
	return f, nil
}

func listFrom(from []any) ([]any, *Error) {
	list := make([]any, len(from))
	for i := range from {
		var err *Error
		if list[i], err = variantFrom(from[i]); err != nil {
			return nil, err.in(fmt.Sprintf("[%d]", i))
		}
	}
	return list, nil
}

func mapFrom(from map[string]any) (map[string]any, *Error) {
	m := make(map[string]any, len(from))
	for _, key := range sortedKeys(from) {
		value, err := variantFrom(from[key])
		if err != nil {
			return nil, err.in(fmt.Sprintf("[%q]", key))
		}
		m[key] = value
	}
	return m, nil
}

// typedVariant is a value of the type of that name.
func typedVariant(name string, from any) (any, *Error) {
	t := variantByName()[name]
	if from == nil {
		return Null{reflect.Zero(t).Interface()}, nil
	}
	if blank, ok := blanks[name]; ok && from == "" {
		return blank, nil
	}
	switch name {
	case "QVariantList":
		list, ok := from.([]any)
		if !ok {
			return nil, noValue(from, "an array, for a QVariantList")
		}
		return listFrom(list)
	case "QVariantMap", "QVariantHash":
		object, ok := from.(map[string]any)
		if !ok {
			return nil, noValue(from, "an object, for a "+name)
		}
		m, err := mapFrom(object)
		if name == "QVariantHash" {
			return Hash(m), err
		}
		return m, err
	case "QStringList":
		return stringList(from)
	case "QUrl":
		text, err := textFrom(from, name)
		if err != nil {
			return nil, err
		}
		u, failed := url.Parse(text)
		if failed != nil {
			return nil, noValue(from, "a URL for Go, in a QVariant")
		}
		return u, nil
	}
	v := reflect.New(t).Elem()
	err := setLeaf(v, from, name)
	return v.Interface(), err
}

func stringList(from any) ([]string, *Error) {
	list, ok := from.([]any)
	if !ok {
		return nil, noValue(from, "an array, for a QStringList")
	}
	texts := make([]string, len(list))
	for i := range list {
		var err *Error
		if texts[i], err = textFrom(list[i], "QString"); err != nil {
			return nil, err.in(fmt.Sprintf("[%d]", i))
		}
	}
	return texts, nil
}
