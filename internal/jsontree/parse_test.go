package jsontree

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	v, err := Parse([]byte(" {\"a\" : [ 1, -2.50e3,\ttrue,false , null , [ ] ,{ }],\r\n\"\\u0062\\\"\\\\\" :\"é\\ud83d\\ude00\\n\"} "))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"a": []any{json.Number("1"), json.Number("-2.50e3"), true, false, nil, []any{}, map[string]any{}},
		`b"\`: "é😀\n"}, v)
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		``:                            "no JSON object",
		`{"a":1`:                      "no JSON object",
		`{} {}`:                       "no JSON object",
		`[1,]`:                        "no JSON object",
		"\"\xc3\"":                    "not in UTF-8: the byte 0xc3 at 1",
		`{"a":1, "a":1}`:              `the name "a" at byte 8 is in its object before, at byte 1`,
		`[{"x":{"é":1,"\u00e9":2}}]`:  `the name "\u00e9" at byte 14 is in its object before, at byte 7`,
		`{"\ud800":1,"\ud800":1}`:     `at byte 12 is in its object before`,
		`{"b":{"a":1},"a":{},"b":[]}`: `the name "b" at byte 20`,
	} {
		_, err := Parse([]byte(text))
		assert.ErrorContains(t, err, says, text)
	}
	_, err := Parse([]byte(strings.Repeat("[", 100000)))
	assert.ErrorContains(t, err, "depth")
	_, err = Parse([]byte(`{"a":{"a":1},"A":[{"a":2},{"a":3}]}`))
	assert.NoError(t, err, "the same name in other objects")
}

// Half of a pair is told from a whole one, and stays what it was.
func TestHalves(t *testing.T) {
	for text, at := range map[string]int{
		`"\ud83d"`: 1, `"ab\ude00"`: 3, `"\ud83d\ud83d\ude00"`: 1, `"\ud83d\ude00\ud83d"`: 13, `"\ud83dx\ude00"`: 1,
		`"\\\ud83d"`: 3, `"\ud83d\\ude00"`: 1, `"\uDE00\uD83D"`: 1, `{"x":1,"\ud83d":{"a":[1]}}`: 8,
	} {
		v, err := Parse([]byte(text))
		require.NoError(t, err, text)
		half, ok := v.(Half)
		require.True(t, ok, text)
		assert.Equal(t, at, half.At, text)
		back, err := json.Marshal([]any{v})
		require.NoError(t, err)
		assert.Equal(t, "["+text+"]", string(back))
	}
	for _, text := range []string{`"\\ud83d"`, `"\ud83d\ude00"`, `"\uFFFD"`, `"\\\\ud83d"`} {
		v, err := Parse([]byte(text))
		require.NoError(t, err)
		assert.IsType(t, "", v, text)
	}
}

// What is no error is what encoding/json makes of it, or has half of a pair.
func FuzzParse(f *testing.F) {
	f.Add([]byte(` {"a":[1,2e5,"\ud83d\ude00\ud83d",{}],"":null,"\n":[true,[false]]} `))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Parse(text)
		var theirs any
		in := json.NewDecoder(bytes.NewReader(text))
		in.UseNumber()
		refused := in.Decode(&theirs)
		if err != nil {
			return
		}
		require.NoError(t, refused)
		ours, err := json.Marshal(v)
		require.NoError(t, err)
		want, err := json.Marshal(theirs)
		require.NoError(t, err)
		if bytes.Contains(bytes.ToLower(ours), []byte(`\ud`)) {
			return
		}
		require.Equal(t, string(want), string(ours))
	})
}
