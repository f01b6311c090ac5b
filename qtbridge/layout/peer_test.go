//go:build cgo && (linux || windows)

package layout_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
	"qtinterop/qtbridge/layout"
)

// reading is Reading in cpp/testpeer/struct_verbs.cpp.
type reading struct {
	Magic       uint32  `json:"magic"`
	Mode        uint8   `c:",bits=3" json:"mode"`
	Level       uint8   `c:",bits=5" json:"level"`
	Valid       bool    `json:"valid"`
	Sequence    uint16  `json:"sequence"`
	Temperature float64 `json:"temperature"`
	Total       int64   `c:"long" json:"total"`
	Name        string  `c:"char[16]" json:"name"`
	Unit        string  `c:"QChar[4]" json:"unit"`
	Axes        [3]axis `json:"axes"`
}

type axis struct {
	Position int16   `json:"position"`
	Speed    float32 `json:"speed"`
}

const readingText = "u32 magic; u8 mode:3, level:5; bool valid; u16 sequence; f64 temperature; long total; " +
	"char[16] name; QChar[4] unit; struct { i16 position; f32 speed; }[3] axes"

var readings = []reading{
	{},
	{Magic: 0xFEEDFACE, Mode: 5, Level: 17, Valid: true, Sequence: 65535, Temperature: -40.25, Total: -2147483648,
		Name: "camera é共", Unit: "°C", Axes: [3]axis{{-32768, 0.5}, {32767, -1e9}, {1, 0.25}}},
	{Mode: 7, Level: 31, Temperature: 1e300, Total: 2147483647, Name: "123456789012345", Unit: "abc"},
}

// What a Qt process has in a struct Go has, and back, by tags and by text.
func TestPeersStruct(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			env := peertest.New(t)
			peer, name := env.Verbs(qt), env.Name()
			s, err := layout.Of[reading](layout.Options{})
			require.NoError(t, err)
			peer.Do("shm.new", "m", peertest.Args{"key": name})
			peer.Must("shm.create", "m", peertest.Args{"size": s.Size() + 8})
			segment, err := qtbridge.Attach(ctx, qtbridge.QtKey(name), qtbridge.ReadWrite)
			require.NoError(t, err)
			defer func() { assert.NoError(t, segment.Close()) }()
			for i, want := range readings {
				offset := 8 * (i % 2) // the struct need not be at the start
				goReads(t, peer, segment, s, offset, want)
				goWrites(t, peer, segment, s, offset, want)
			}
		})
	}
}

func goReads(t *testing.T, peer *peertest.Peer, segment *qtbridge.Segment, s *layout.Struct[reading], offset int, want reading) {
	t.Helper()
	r := peer.Do("struct.write", "m", peertest.Args{"value": want, "offset": offset})
	assert.EqualValues(t, s.Size(), r.Ret, "sizeof")
	data := make([]byte, s.Size())
	_, err := segment.ReadAt(data, int64(offset))
	require.NoError(t, err)
	var got reading
	require.NoError(t, s.Decode(data, &got))
	assert.Equal(t, want, got)

	l, err := layout.Parse(readingText, layout.Options{})
	require.NoError(t, err)
	record, err := l.Decode(data)
	require.NoError(t, err)
	assertJSON(t, want, record)
}

func goWrites(t *testing.T, peer *peertest.Peer, segment *qtbridge.Segment, s *layout.Struct[reading], offset int, want reading) {
	t.Helper()
	require.NoError(t, segment.View(func(data []byte) error {
		for i := range data {
			data[i] = 0xFF
		}
		return s.Encode(data[offset:], &want)
	}))
	r := peer.Do("struct.read", "m", peertest.Args{"offset": offset})
	assert.EqualValues(t, s.Size(), r.Ret, "sizeof")
	assertJSON(t, want, r.Value)
}

func assertJSON(t *testing.T, want, got any) {
	t.Helper()
	wantText, err := json.Marshal(want)
	require.NoError(t, err)
	gotText, err := json.Marshal(got)
	require.NoError(t, err)
	assert.JSONEq(t, string(wantText), string(gotText))
}
