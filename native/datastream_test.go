//go:build cgo && (linux || windows)

package native

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What Go sends is looked at as well: values and types that are none are errors.
func TestStreamOfNonsense(t *testing.T) {
	version := MaxStreamVersion()
	require.Positive(t, version)
	for _, values := range []string{"\x00", "\xff", "\x06\x01", "\x0d\xff\xff\xff\x7f", "L\xff\xff\xff\xff", "V", "V\x00V", "VN", "VN\xff", "VNV",
		"\x1d\x01\x00\x00\x00{", "\x11" + string(make([]byte, 12)) + "\x03\x00\x00\x00\x00\x03\x00\x00\x00A/B"} {
		_, err := WriteStream([]byte(values), nil, version, false, false)
		e, ok := err.(*Error)
		if assert.True(t, ok, "%q: %v", values, err) {
			assert.Equal(t, Exception, e.Code)
		}
	}
	for _, types := range []string{"", "\x00", "\xff", "N", "H", "L", "T\x01\x00", "A\x01\x00\x00\x00", "M\x0d"} {
		_, _, err := ReadStream([]byte(types), make([]byte, 100), nil, version, false, false)
		if types == "L" || types == "M\x0d" {
			assert.Error(t, err, "%q", types)
			continue
		}
		e, ok := err.(*Error)
		if assert.True(t, ok, "%q: %v", types, err) {
			assert.Equal(t, Exception, e.Code)
		}
	}
}

// Random bytes are values or an error, and nothing else.
func TestStreamOfRandomValues(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		values := make([]byte, r.IntN(40))
		for i := range values {
			values[i] = byte(r.IntN(40)) // many of them are types
		}
		_, _ = WriteStream(values, make([]byte, 0, r.IntN(8)), 7+r.IntN(MaxStreamVersion()-6), r.IntN(2) == 0, r.IntN(2) == 0)
		types := []byte{byte(r.IntN(35)), byte(r.IntN(35))}
		_, _, _ = ReadStream(types, values, make([]byte, 0, r.IntN(8)), 7+r.IntN(MaxStreamVersion()-6), r.IntN(2) == 0, false)
	}
}

func TestStreamError(t *testing.T) {
	_, _, err := ReadStream([]byte{StreamTuple, 2, 0, StreamBool, StreamList, StreamString}, []byte{1, 0, 0, 0, 1, 0, 0, 0, 8}, nil, MaxStreamVersion(), false, false)
	assert.Equal(t, &StreamError{Code: StreamTooLong, At: 5, Path: []int{1, 0}, Expected: "QString",
		Text: "it says that it has 8 bytes, but 0 are left"}, err)
	assert.Contains(t, err.Error(), "at byte 5, where a QString should be")
}
