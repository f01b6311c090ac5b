package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/qtbridge/layout"
	"qtinterop/qtbridge/picture"
)

// A terminal obeys some of the control characters that package json leaves as they are.
func TestControlsInJSONAreEscaped(t *testing.T) {
	var out bytes.Buffer
	text := "\u009b2J\u007f é€"
	require.NoError(t, writeJSON(&out, text))
	assert.Equal(t, "\"\\u009b2J\\u007f é€\"\n", out.String())
	var back string
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	assert.Equal(t, text, back)
}

func TestFramesOfNoUsualSize(t *testing.T) {
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewGray(image.Rect(0, 0, 1, 2))))
	frame := rawFrame{}
	frame.Width, frame.Height, frame.Format = 1, 2, picture.FormatRGB32
	for _, perLine := range []int{1 << 31, 1<<63 - 1} {
		frame.BytesPerLine = perLine
		_, err := pictureBytes(file.Bytes(), frame)
		require.Error(t, err, perLine)
	}
	frame.BytesPerLine = 4096
	data, err := pictureBytes(file.Bytes(), frame)
	require.NoError(t, err)
	assert.Len(t, data, 2*4096, "whole lines")
}

// What get prints of a struct, put makes the same bytes of.
func TestNumbersThroughJSON(t *testing.T) {
	f := valueFormat{}
	require.NoError(t, f.Set("f64[6] a; f32[3] b; i64 c; u64 d"))
	require.NoError(t, f.resolve(t.Context(), &showing{}))
	data := make([]byte, f.layout.Size())
	require.NoError(t, f.layout.Encode(data, layout.Record{
		{Name: "a", Value: []float64{1 << 60, 1<<53 + 2, math.Copysign(0, -1), -1e18 / 3, math.MaxFloat64, math.SmallestNonzeroFloat64}},
		{Name: "b", Value: []float32{1234567936, -16777218, math.MaxFloat32}},
		{Name: "c", Value: math.MinInt64}, {Name: "d", Value: uint64(math.MaxUint64)},
	}))
	values, err := f.values(data, nil)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, writeJSON(&text, values))
	back, err := f.encode(text.Bytes())
	require.NoError(t, err, text.String())
	assert.Equal(t, data, back, text.String())
}

// What encoding/json takes in silence, with other text or without a value, is refused; of
// several errors always the same is said.
func TestJSONOfAStructIsTakenAsItIs(t *testing.T) {
	f := valueFormat{}
	require.NoError(t, f.Set("char[8] name; struct { u8 b; } c"))
	require.NoError(t, f.resolve(t.Context(), &showing{}))
	for text, says := range map[string]string{
		"{\"name\":\"h\xf6he\"}":                             "not in UTF-8: the byte 0xf6 at 10",
		`{"name":"\ud83d","c":{"b":1}}`:                      "name: half of a surrogate pair at byte 9",
		`{"name":"","c":{"\ud83d":1}}`:                       "c: half of a surrogate pair at byte 17",
		`{"\ud83d":1}`:                                       "half of a surrogate pair at byte 2",
		`{"name":"a","c":{"b":1},"name":"b"}`:                `the name "name" at byte 24 is in its object before, at byte 1`,
		`{"name":"a","c":{"b":1,"b":1}}`:                     `the name "b" at byte 23`,
		`{"name":"a","c":{"b":1},"z":1,"y":2,"x":{},"zz":1}`: `no field "x"`,
		`{"name":"a","c":{"b":1}} 1`:                         "no JSON object",
	} {
		for range 10 {
			_, err := f.encode([]byte(text))
			require.Equal(t, exitUsage, statusOf(err), text)
			require.ErrorContains(t, err, says)
		}
	}
}
