package datastream

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// leafJSON is a value without parts as encoding/json takes it.
func leafJSON(v any) any {
	switch v := v.(type) {
	case float32:
		return floatJSON(float64(v), 32)
	case float64:
		return floatJSON(v, 64)
	case Char:
		if utf16.IsSurrogate(rune(v)) {
			return uint16(v) // half of a pair, which is no text
		}
		return string(rune(v))
	case UUID:
		return v.String()
	case *url.URL:
		return v.String()
	case Date:
		return dateText(v)
	case Time:
		if v < 0 {
			return nil
		}
		return time.Unix(0, int64(v)).UTC().Format(clockForm)
	case time.Time:
		return dateTimeText(v)
	case Bits:
		text := make([]byte, len(v))
		for i, bit := range v {
			text[i] = '0'
			if bit {
				text[i] = '1'
			}
		}
		return string(text)
	case CBOR:
		return []byte(v)
	case json.RawMessage:
		return rawJSON(v)
	case JSON:
		return rawJSON(v)
	case Object:
		return rawJSON(v)
	case Array:
		return rawJSON(v)
	}
	if t := reflect.TypeOf(v); t.Kind() == reflect.Struct {
		return geometryJSON(reflect.ValueOf(v))
	}
	return v
}

// rawJSON is what is JSON itself; a null QJsonDocument has no text.
func rawJSON(text []byte) any {
	if len(text) == 0 {
		return nil
	}
	return json.RawMessage(text)
}

// floatJSON has a point or an exponent, so that it is no int.
func floatJSON(f float64, bits int) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Sprint(f)
	}
	text := strconv.FormatFloat(f, 'g', -1, bits)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return json.RawMessage(text)
}

// The forms of times, as package time has them.
const (
	clockForm    = "15:04:05.000"
	dateTimeForm = "2006-01-02T" + clockForm
)

func dateText(d Date) any {
	if d == (Date{}) {
		return nil
	}
	sign := ""
	if d.Year < 0 {
		sign, d.Year = "-", -d.Year
	}
	return fmt.Sprintf("%s%04d-%02d-%02d", sign, d.Year, d.Month, d.Day)
}

func dateTimeText(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	_, seconds := t.Zone()
	switch name := t.Location().String(); {
	case t.Location() == time.Local:
		return t.Format(dateTimeForm)
	case t.Location() == time.UTC:
		return t.Format(dateTimeForm + "Z")
	case isZone(name, t, seconds):
		return t.Format(dateTimeForm + "-07:00[" + name + "]")
	}
	return t.Format(dateTimeForm + "-07:00")
}

// orderedJSON is an object with its members in their order.
type orderedJSON struct {
	names  []string
	values []any
}

func (o orderedJSON) MarshalJSON() ([]byte, error) {
	var parts []string
	for i, name := range o.names {
		value, err := json.Marshal(o.values[i])
		if err != nil {
			return nil, err
		}
		parts = append(parts, strconv.Quote(name)+":"+string(value))
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}

func geometryJSON(v reflect.Value) orderedJSON {
	var o orderedJSON
	for field, value := range v.Fields() {
		o.names = append(o.names, strings.ToLower(field.Name))
		o.values = append(o.values, leafJSON(value.Interface()))
	}
	return o
}

// setLeaf sets v to a value of JSON. name is the Qt type.
func setLeaf(v reflect.Value, from any, name string) *Error {
	switch v.Interface().(type) {
	case JSON, Object, Array, json.RawMessage:
		text, _ := json.Marshal(from) // it was JSON
		v.SetBytes(text)
		return nil
	case []byte, CBOR, pngImage, pngPixmap, pngBitmap:
		return setBytes(v, from, name)
	case *string:
		if from == nil {
			v.SetZero()
			return nil
		}
		text, err := textFrom(from, name)
		v.Set(reflect.ValueOf(&text))
		return err
	case Char:
		return setChar(v, from)
	}
	if v.Kind() == reflect.Bool {
		b, ok := from.(bool)
		if v.SetBool(b); !ok {
			return noValue(from, "true or false")
		}
		return nil
	}
	if v.Type() != reflect.TypeFor[Time]() && (isSigned(v.Kind()) || isUnsigned(v.Kind())) {
		return setInteger(v, from, name)
	}
	if isFloat(v.Kind()) {
		return setFloat(v, from, name)
	}
	if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[Date]() && v.Type() != reflect.TypeFor[time.Time]() {
		return setGeometry(v, from)
	}
	return setText(v, from, name)
}

func textFrom(from any, name string) (string, *Error) {
	text, ok := from.(string)
	if !ok {
		return "", noValue(from, "text, for a "+name)
	}
	return text, nil
}

func setBytes(v reflect.Value, from any, name string) *Error {
	if from == nil {
		v.SetZero()
		return nil
	}
	text, err := textFrom(from, name)
	if err != nil {
		return err
	}
	data, failed := base64.StdEncoding.DecodeString(text)
	if failed != nil {
		return noValue(from, "base64, which a "+name+" is in JSON")
	}
	v.SetBytes(data)
	return nil
}

func setChar(v reflect.Value, from any) *Error {
	if text, ok := from.(string); ok {
		r, size := utf8.DecodeRuneInString(text)
		if size == 0 || size != len(text) || r > 0xFFFF {
			return noValue(from, "a QChar, one unit of UTF-16")
		}
		v.SetUint(uint64(r))
		return nil
	}
	return setInteger(v, from, "QChar")
}

func setInteger(v reflect.Value, from any, name string) *Error {
	text, ok := from.(json.Number)
	if !ok {
		return noValue(from, "an integer, for a "+name)
	}
	bits := v.Type().Bits()
	var err error
	if isSigned(v.Kind()) {
		var n int64
		n, err = strconv.ParseInt(string(text), 10, bits)
		v.SetInt(n)
	} else {
		var n uint64
		n, err = strconv.ParseUint(string(text), 10, bits)
		v.SetUint(n)
	}
	if err != nil {
		return fail(ErrValue, "%s is no %s, which is an integer of %d bits", text, name, bits)
	}
	return nil
}

func setFloat(v reflect.Value, from any, name string) *Error {
	var text string
	switch from := from.(type) {
	case json.Number:
		text = string(from)
	case string:
		if f, err := strconv.ParseFloat(from, 64); err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
			text = from
		}
	}
	f, err := strconv.ParseFloat(text, v.Type().Bits())
	if err != nil {
		return noValue(from, "a number, for a "+name)
	}
	v.SetFloat(f)
	return nil
}

func setGeometry(v reflect.Value, from any) *Error {
	var names []string
	for field := range v.Fields() {
		names = append(names, strings.ToLower(field.Name))
	}
	object, ok := from.(map[string]any)
	if !ok || len(object) != len(names) {
		return noValue(from, "an object with "+strings.Join(names, ", "))
	}
	for i, name := range names {
		number, ok := object[name]
		if !ok {
			return noValue(from, "an object with "+strings.Join(names, ", "))
		}
		if err := setLeaf(v.Field(i), number, map[bool]string{true: "double", false: "qint32"}[isFloat(v.Field(i).Kind())]); err != nil {
			return err.in("." + name)
		}
	}
	return nil
}

// setText sets what JSON has as text: a QUrl, a key, a QUuid, QBitArray, QDate, QTime or QDateTime.
func setText(v reflect.Value, from any, name string) *Error {
	if from == nil && v.Kind() != reflect.String && v.Type() != reflect.TypeFor[UUID]() && v.Type() != reflect.TypeFor[Bits]() {
		v.SetZero() // an invalid one
		if v.Type() == reflect.TypeFor[Time]() {
			v.SetInt(-1)
		}
		return nil
	}
	text, err := textFrom(from, name)
	if err != nil {
		return err
	}
	var value any
	ok := true
	switch v.Interface().(type) {
	case UUID:
		value, ok = uuidFrom(text)
	case Bits:
		bits := make(Bits, len(text))
		for i := range text {
			bits[i] = text[i] == '1'
		}
		value, ok = bits, strings.Trim(text, "01") == ""
	case Date:
		value, ok = dateFrom(text)
	case Time:
		t, err := time.Parse(clockForm, text)
		if err != nil {
			t, err = time.Parse("15:04:05", text)
		}
		value = Time(t.Sub(t.Truncate(24 * time.Hour)))
		ok = err == nil
	case time.Time:
		value, ok = dateTimeFrom(text)
	default:
		value = text
	}
	if !ok {
		return noValue(from, "a "+name+", as "+textForms[name])
	}
	v.Set(reflect.ValueOf(value))
	return nil
}

// textForms are how types are written that are text in JSON.
var textForms = map[string]string{
	"QUuid": `"67c8770b-44f1-410a-ab9a-f9b5446f13ee"`, "QBitArray": `"0110"`, "QDate": `"2024-02-29"`, "QTime": `"23:59:58.123"`,
	"QDateTime": `"2024-02-29T23:59:58.123Z", with Z, +01:00, +01:00[Europe/Berlin] or, for local time, nothing behind`,
}

func uuidFrom(text string) (u UUID, ok bool) {
	digits, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(digits) != len(u) {
		return u, false
	}
	u = UUID(digits)
	return u, u.String() == strings.ToLower(text)
}

var dateParts = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(-?\d{4,9})-(\d\d)-(\d\d)$`) })

func dateFrom(text string) (Date, bool) {
	parts := dateParts().FindStringSubmatch(text)
	if parts == nil {
		return Date{}, false
	}
	year, _ := strconv.Atoi(parts[1])
	month, _ := strconv.Atoi(parts[2])
	day, _ := strconv.Atoi(parts[3])
	d := Date{year, time.Month(month), day}
	_, ok := d.julianDay()
	return d, ok
}

func dateTimeFrom(text string) (time.Time, bool) {
	text, name, isNamed := strings.Cut(strings.TrimSuffix(text, "]"), "[")
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", text, time.Local); err == nil && !isNamed {
		return t, true
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, false
	}
	_, seconds := t.Zone()
	switch {
	case isNamed:
		zone, err := time.LoadLocation(name)
		return t.In(zone), err == nil && isZone(name, t, seconds)
	case strings.HasSuffix(text, "Z"):
		return t.UTC(), true
	}
	return t.In(time.FixedZone("", seconds)), true // not local time, if that has the same offset
}
