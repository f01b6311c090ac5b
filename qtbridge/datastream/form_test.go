//go:build cgo && (linux || windows)

package datastream

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const boardForm = "QString name; qint32 n; QVariantMap settings; QMap<int, QPair<QString, double>> pairs; QList<quint8> bytes; QByteArray raw"

// JSON has the values as people write them, and types where it has none.
// What JSON can say and a Qt type cannot is no value.
func TestFormsRefuseOtherJSON(t *testing.T) {
	for types, text := range map[string]string{
		"QJsonObject o": `{"o":5}`, "QJsonArray a": `{"a":{}}`, "QVariant v": `{"v":1e400}`, "double d": `{"d":1e400}`,
	} {
		form, err := ParseForm(types)
		require.NoError(t, err)
		_, err = form.EncodeJSON([]byte(text), Options{})
		require.ErrorIs(t, err, ErrValue, types)
	}
}

func TestFormJSON(t *testing.T) {
	form, err := ParseForm(boardForm)
	require.NoError(t, err)
	text := `{"name":"<é>","n":-3,"settings":{"a":[1,2.0,3000000000,"x",null,true],"bytes":{"QByteArray":"AP8="},"day":{"QDate":"2024-02-29"},` +
		`"map":{"QVariantMap":{"QDate":"no day"}},"none":{"quint32":null},"u":{"quint32":7}},` +
		`"pairs":{"-1":["a",0.5],"7":[null,"NaN"]},"bytes":[1,255],"raw":null}`
	message, err := form.EncodeJSON([]byte(text), Options{})
	require.NoError(t, err)
	back, size, err := form.DecodeJSON(message, Options{})
	require.NoError(t, err)
	assert.Equal(t, text, string(back))
	assert.Equal(t, len(message), size)

	var name string
	var n int32
	var settings map[string]any
	require.NoError(t, NewDecoder(message, Options{}).Decode(&name, &n, &settings))
	assert.Equal(t, map[string]any{"a": []any{int32(1), 2.0, int64(3000000000), "x", nil, true}, "bytes": []byte{0, 255},
		"day": Date{2024, 2, 29}, "map": map[string]any{"QDate": "no day"}, "none": Null{uint32(0)}, "u": uint32(7)}, settings)
}

func TestParseFormRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                       "there is no value",
		"QString":                "name of a value",
		"QStrin name":            `no Qt type "QStrin"`,
		"QString a; qint32 a":    "two values",
		"QString a qint32 b":     "a ; should be",
		"QMap<QString> m":        "has 2 in <>",
		"QList<QString m":        "a < without a >",
		"QMap<QVariant,int> m":   "key of a map",
		"QString<int> a":         "no types in <>",
		"struct { int a":         "without a }",
		"int a; }":               "a } without",
		"QColor colour":          `no Qt type "QColor"`,
		"struct { int a; ":       "without a }",
		"QList<struct { }> list": "there is no value",
	} {
		_, err := ParseForm(text)
		require.Error(t, err, text)
		assert.ErrorContains(t, err, says, text)
		assert.NotErrorIs(t, err, ErrQt)
	}
	var deep strings.Builder
	for range 100 {
		deep.WriteString("QList<")
	}
	_, err := ParseForm(deep.String())
	assert.ErrorIs(t, err, ErrDepth)
}

func TestEncodeJSONRefuses(t *testing.T) {
	form, err := ParseForm("QString name; qint8 n; QList<QSize> sizes; QVariant v; QDateTime when; QChar c; QUuid id; QByteArray raw; QMap<int,bool> m; QUrl u")
	require.NoError(t, err)
	good := map[string]string{"name": `"x"`, "n": "1", "sizes": "[]", "v": "1", "when": `"2024-02-29T12:00:00Z"`, "c": `"é"`,
		"id": `"67c8770b-44f1-410a-ab9a-f9b5446f13ee"`, "raw": `""`, "m": `{"1":true}`, "u": `"a b"`}
	object := func(name, value string) string {
		var text strings.Builder
		text.WriteString("{")
		for key, v := range good {
			if key == name {
				v = value
			}
			if v != "" {
				text.WriteString(`,"` + key + `":` + v)
			}
		}
		return "{" + text.String()[min(2, len(text.String())):] + "}"
	}
	_, err = form.EncodeJSON([]byte(object("", "")), Options{})
	require.NoError(t, err)
	for _, bad := range []struct{ name, value, says string }{
		{"name", "1", "name: not a value of the type: 1 is not text, for a QString"},
		{"n", "128", "n: not a value of the type: 128 is no qint8"},
		{"n", "1.5", "1.5 is no qint8"},
		{"n", `"1"`, "not an integer"},
		{"n", "", "n: not a value of the type: it is missing"},
		{"sizes", `[{"width":1}]`, "sizes[0]"},
		{"sizes", `[{"width":1,"height":1e99}]`, "sizes[0].height"},
		{"v", `{"a":[{"QDate":"2023-02-29"}]}`, `v["a"][0].QDate`},
		{"when", `"soon"`, "when: not a value of the type: \"soon\" is not a QDateTime"},
		{"when", `"2024-02-29T12:00:00+05:00[Europe/Berlin]"`, "QDateTime"},
		{"c", `"ab"`, "one unit of UTF-16"},
		{"c", `"😀"`, "one unit of UTF-16"},
		{"id", `"67c8770b"`, "QUuid"},
		{"raw", `"%"`, "base64"},
		{"m", `{"x":true}`, `m["x"]`},
		{"m", `{"1":1}`, "true or false"},
		{"u", "null", "not text"},
	} {
		_, err := form.EncodeJSON([]byte(object(bad.name, bad.value)), Options{})
		assert.ErrorIs(t, err, ErrValue, "%v", bad)
		assert.ErrorContains(t, err, bad.says)
	}
	for _, text := range []string{"", "{", "[]", "1", `{"x":1}`, "{} {}"} {
		_, err := form.EncodeJSON([]byte(text), Options{})
		assert.ErrorIs(t, err, ErrValue, text)
	}
}

// What encoding/json takes in silence, with other text or without a value, is refused.
func TestEncodeJSONChangesNothing(t *testing.T) {
	for _, bad := range []struct{ types, text, says string }{
		{"QString s", `{"s":"\ud83d"}`, "half of a surrogate pair at byte 6"},
		{"QString s", `{"s":"a\ude00\ud83d"}`, "half of a surrogate pair at byte 7"},
		{"QList<QUrl> u", `{"u":["\ud83dx"]}`, "marshal u[0]: not a value of the type: half of a surrogate pair at byte 7"},
		{"QVariant v", `{"v":{"a":[1,"\ud83d"]}}`, `marshal v["a"][1]: not a value of the type: half of a surrogate pair at byte 14`},
		{"QVariant v", `{"v":{"\ud83d":1}}`, "half of a surrogate pair at byte 7"},
		{"QVariant v", `{"v":{"QStringList":["\ud83d"]}}`, "half of a surrogate pair at byte 22"},
		{"QMap<QString,int> m", `{"m":{"x\udc00":1}}`, "half of a surrogate pair at byte 8"},
		{"QString s", "{\"s\":\"h\xf6he\"}", "not in UTF-8: the byte 0xf6 at 7"},
		{"QString s", `{"s":"a","s":"b"}`, `the name "s" at byte 9 is in its object before, at byte 1`},
		{"QString s", `{"s":"a","\u0073":"b"}`, `the name "\u0073" at byte 9`},
		{"QVariantMap m", `{"m":{"a":{"b":1,"c":2,"b":1}}}`, `the name "b" at byte 23`},
		{"QVariant v", `{"v":[{"QSize":{"width":1,"height":2,"width":3}}]}`, `the name "width" at byte 37`},
		{"QHash<QString,int> m", `{"m":{"a":1,"a":2}}`, `the name "a" at byte 12`},
		{"QMap<int,int> m", `{"m":{"1":1,"01":2}}`, "the key is there before, written otherwise"},
		{"QJsonValue v", `{"v":{"a":1,"a":2}}`, `the name "a" at byte 12`},
		{"QString s", `{"s":"a","y":1,"x":1}`, "x: not a value of the type: there is no value of that name"},
	} {
		form, err := ParseForm(bad.types)
		require.NoError(t, err)
		for range 10 { // the order of a map would be another one
			_, err = form.EncodeJSON([]byte(bad.text), Options{})
			require.ErrorIs(t, err, ErrValue, bad.text)
			require.ErrorContains(t, err, bad.says)
		}
	}
}

// A QVariant that has an invalid or null value is written as it was read, be it null itself or not.
func TestBlanksInQVariants(t *testing.T) {
	form, err := ParseForm("QVariant v")
	require.NoError(t, err)
	for name, blank := range blanks {
		for value, v := range map[string]any{`""`: blank, "null": Null{blank}} {
			message, err := Marshal(Options{}, &v)
			require.NoError(t, err)
			text, _, err := form.DecodeJSON(message, Options{})
			require.NoError(t, err)
			assert.Equal(t, `{"v":{"`+name+`":`+value+`}}`, string(text))
			again, err := form.EncodeJSON(text, Options{})
			require.NoError(t, err)
			assert.Equal(t, message, again, name)
		}
	}
}

// What Qt has that is no text is read and written again as it was.
func TestHalvesOfPairsThroughJSON(t *testing.T) {
	for types, value := range map[string]any{
		"QJsonValue v":      JSON(`{"a":["x\ud83dy"],"\ud800":2,"\udc00":{}}`),
		"QJsonObject v":     Object(`{"\ud800":"😀"}`),
		"QMap<QChar,int> v": map[Char]int32{0xd83d: 5, 'x': 6},
		"QChar v":           Char(0xd83d),
	} {
		message, err := Marshal(Options{}, value)
		require.NoError(t, err)
		form, err := ParseForm(types)
		require.NoError(t, err)
		text, _, err := form.DecodeJSON(message, Options{})
		require.NoError(t, err)
		back, err := form.EncodeJSON(text, Options{})
		require.NoError(t, err, string(text))
		require.Equal(t, message, back, string(text))
	}
	form, err := ParseForm("QString s")
	require.NoError(t, err)
	_, _, err = form.DecodeJSON([]byte("\x00\x00\x00\x02\xd8\x3d"), Options{})
	require.ErrorIs(t, err, ErrValue, "what is not written is not read")
}

// An error says the name of the value, and what would fit although zeros follow.
func TestDecodeJSONGuesses(t *testing.T) {
	form, err := ParseForm("qint32 n; QString name; QList<QUrl> urls")
	require.NoError(t, err)
	message, err := form.EncodeJSON([]byte(`{"n":1,"name":"oven","urls":["http://a/b"]}`), Options{LittleEndian: true})
	require.NoError(t, err)
	_, _, err = form.DecodeJSON(append(message, make([]byte, 100)...), Options{})
	assert.ErrorIs(t, err, ErrLength)
	assert.ErrorContains(t, err, "unmarshal name at byte 4")
	assert.ErrorContains(t, err, "little-endian byte order")
}

func TestVersionOfQt(t *testing.T) {
	for text, want := range map[string]Version{"4.0": Qt4_0, "4.1": Qt4_0, "4.8": Qt4_6, "5.15": Qt5_13, "5.12.4": Qt5_12, "6.4": Qt6_0,
		"6.6": Qt6_6, "6.8": Qt6_7, "6.11": Qt6_7, "5.9": Qt5_6} {
		v, err := VersionOfQt(text)
		require.NoError(t, err)
		assert.Equal(t, want, v, text)
	}
	for _, text := range []string{"", "5", "x", "3.3", "7.0", "6.-1", "five.six"} {
		_, err := VersionOfQt(text)
		assert.ErrorIs(t, err, ErrVersion, text)
	}
}

func TestFloatsInJSON(t *testing.T) {
	form, err := ParseForm("float f; double d")
	require.NoError(t, err)
	message, err := Marshal(Options{}, float32(math.Inf(-1)), 1e300)
	require.NoError(t, err)
	text, _, err := form.DecodeJSON(message, Options{})
	require.NoError(t, err)
	assert.Equal(t, `{"f":"-Inf","d":1e+300}`, string(text))
}
