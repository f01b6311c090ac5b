package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"qtinterop/internal/jsontree"
	"qtinterop/qtbridge/layout"
)

// recordFrom is the fields of a struct, from a JSON object that has all of them.
func recordFrom(l *layout.Layout, text []byte) (layout.Record, error) {
	value, err := jsontree.Parse(text)
	if err != nil {
		return nil, usagef("--format: %v", err)
	}
	return recordOf(l, "", value)
}

func recordOf(l *layout.Layout, path string, value any) (layout.Record, error) {
	if half, ok := value.(jsontree.Half); ok {
		return nil, usagef("%s%v", atPath(path), half)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, usagef("%sthere is no JSON object, as {%q: …}", atPath(path), firstName(l))
	}
	var record layout.Record
	for _, field := range l.Fields() {
		if field.Name == "" {
			continue // reserved
		}
		given, ok := object[field.Name]
		if !ok {
			return nil, usagef("%sthe field %s %s is missing; give a value for each", atPath(path), field.Type, field.Name)
		}
		delete(object, field.Name)
		v, err := fieldValue(&field, join(path, field.Name), given)
		if err != nil {
			return nil, err
		}
		record = append(record, layout.Value{Name: field.Name, Value: v})
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		return nil, usagef("%sthere is no field %q in --format", atPath(path), name)
	}
	return record, nil
}

func firstName(l *layout.Layout) string {
	fields := l.Fields()
	i := max(0, slices.IndexFunc(fields, func(f layout.Field) bool { return f.Name != "" }))
	return fields[i].Name
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

func atPath(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// fieldValue is a value of JSON as package layout takes it.
func fieldValue(field *layout.Field, path string, value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		return numberOf(path, string(v), isFloatType(field.Type))
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil && slices.Contains([]string{"NaN", "+Inf", "-Inf"}, v) && isFloatType(field.Type) {
			return f, nil
		}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			var err error
			if list[i], err = fieldValue(field, fmt.Sprintf("%s[%d]", path, i), v[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		if field.Inner != nil {
			return recordOf(field.Inner, path, v)
		}
		return nil, usagef("%s: an object, and the field is %s", path, field.Type)
	case jsontree.Half:
		return nil, usagef("%s: %v", path, v)
	}
	return value, nil
}

// isFloatType is about the name of a type, with its dimensions.
func isFloatType(name string) bool {
	base, _, _ := strings.Cut(name, "[")
	return slices.Contains([]string{"f32", "f64", "float", "double", "qreal"}, strings.TrimSpace(base))
}

// numberOf is the smallest type that has a number. A float is the nearest to it, as it is to
// the digits that JSON has of a large one.
func numberOf(path, text string, isFloat bool) (any, error) {
	if !isFloat {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n, nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, usagef("%s%s is beyond a double", atPath(path), text)
	}
	return f, nil
}
