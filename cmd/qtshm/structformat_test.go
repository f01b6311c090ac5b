//go:build cgo && (linux || windows)

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// readingFormat is Reading in cpp/testpeer/struct_verbs.cpp.
const readingFormat = "u32 magic; u8 mode:3, level:5; bool valid; u16 sequence; f64 temperature; long total; " +
	"char[16] name; QChar[4] unit; struct { i16 position; f32 speed; }[3] axes"

var (
	readingValue = map[string]any{"magic": 4711, "mode": 5, "level": 17, "valid": true, "sequence": 65535, "temperature": -40.25,
		"total": -7, "name": "<é>", "unit": "°C", "axes": []any{map[string]any{"position": -3, "speed": 0.5}}}
	readingLine = `{"magic":4711,"mode":5,"level":17,"valid":true,"sequence":65535,"temperature":-40.25,` +
		`"total":-7,"name":"<é>","unit":"°C","axes":[{"position":-3,"speed":0.5},{"position":0,"speed":0},{"position":0,"speed":0}]}` + "\n"
)

func TestGetAndWatchFormat(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, make([]byte, 200))
		peer.Do("struct.write", "m", peertest.Args{"value": readingValue, "offset": 8})
		assert.Equal(t, readingLine, ok(t, "get", key, "--offset", "8", "--format", readingFormat))
		file := filepath.Join(e.Work, "reading.h")
		require.NoError(t, os.WriteFile(file, []byte("// a reading\n"+readingFormat+";\n"), 0o666))
		assert.Equal(t, readingLine, ok(t, "get", key, "--offset", "8", "--format", "@"+file))
		shown := ok(t, "get", key, "--offset", "8", "--format", "u32 magic", "--json")
		assert.JSONEq(t, fmt.Sprintf(`{"key":%q,"size":%d,"offset":8,"length":4,"base64":"ZxIAAA==","values":{"magic":4711}}`, key, pagedSize(200)), shown)

		p := start(t, "watch", key, "--offset", "8", "--format", "u32 magic; u8 mode:3, level:5", "--stay")
		assert.Equal(t, map[string]any{"magic": 4711.0, "mode": 5.0, "level": 17.0}, p.object())
		value := map[string]any{"magic": 4712}
		peer.Must("shm.lock", "m", nil)
		peer.Do("struct.write", "m", peertest.Args{"value": value, "offset": 8})
		peer.Must("shm.unlock", "m", nil)
		assert.Equal(t, map[string]any{"magic": 4712.0, "mode": 0.0, "level": 0.0}, p.object())
		p.signal(syscall.SIGTERM)
		assert.Equal(t, exitInterrupted, p.end().status)
	})
}

func TestBadFormat(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte{2, 0, 0, 0})
	refused(t, exitUsage, `there is no type "u33"`, "get", key, "--format", "u33 a")
	refused(t, exitUsage, "none: ", "get", key, "--format", "@"+filepath.Join(e.Work, "none"))
	endless := filepath.Join(e.Work, "endless")
	require.NoError(t, os.WriteFile(endless, bytes.Repeat([]byte(" "), maxFormat+1), 0o666))
	refused(t, exitUsage, "more than 1 MiB", "get", key, "--format", "@"+endless)
	refused(t, exitUsage, "more than 1 MiB", "put", key, "--format", "@"+endless, "{}")
	refused(t, exitUsage, "--format @", "get", key, "--format", "@"+e.Work) // a directory
	require.NoError(t, os.Truncate(endless, maxFormat))
	refused(t, exitUsage, "nothing in it", "get", key, "--format", "@"+endless)
	refused(t, exitUsage, "contradict", "get", key, "--format", "u8 a", "--as", "hex")
	refused(t, exitUsage, "contradict", "watch", key, "--format", "u8 a", "--as", "text")
	refused(t, exitUsage, "a command", append([]string{"watch", key, "--format", "u8 a", "--"}, childThat("exits", "0")...)...)
	refused(t, exitUsage, "0x02 is no bool", "get", key, "--format", "bool a")
	refused(t, exitUsage, "the data is too short", "get", key, "--format", "u8[5000] a")
	r := do(t, "watch", key, "--format", "bool a", "--timeout", "300ms")
	assert.Contains(t, r.err, "0x02 is no bool")
}
