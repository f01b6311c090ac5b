//go:build cgo && (linux || windows)

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func TestPutIsReadByQt(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, []byte("abcdefgh"))
		segment, _ := files(t, key)
		file := filepath.Join(e.Work, "data")
		require.NoError(t, os.WriteFile(file, []byte("file"), 0o600))
		for _, put := range []struct {
			stdin string
			args  []string
			after string
		}{
			{"", []string{"XY", "--offset", "0"}, "XYcdefgh"},
			{"", []string{"--hex", "00 fF", "--offset", "6"}, "XYcdef\x00\xff"},
			{"", []string{"--file", file, "--offset", "4"}, "XYcdfile"},
			{"stdin", []string{"--file", "-"}, "stdinile"},
			{"", []string{"--hex", "41"}, "Atdinile"},
			{"", []string{"é", "--encoding", "latin1"}, "\xe9\x00dinile"},
			{"", []string{"", "--offset", "8"}, "\xe9\x00dinile"},
			{"", []string{"volume=8"}, "volume=8"},
			{"", []string{"vol"}, "vol\x00me=8"},
			{"", []string{""}, "\x00ol\x00me=8"},
			{"", []string{"A", "--encoding", "utf-16le"}, "A\x00\x00\x00me=8"},
			{"", []string{"AB", "--offset", "1", "--clear"}, "AAB\x00\x00\x00\x00\x00"},
			{"", []string{"12345678", "--clear"}, "12345678"},
			{"", []string{"--file", file, "--clear"}, "file\x00\x00\x00\x00"},
		} {
			r := doWith(t, put.stdin, append([]string{"put", key}, put.args...)...)
			require.Equal(t, result{}, r)
			assert.Equal(t, paged(put.after), string(peer.Do("shm.read", "m", nil).Bytes()))
			assert.Equal(t, paged(put.after), string(e.Raw(segment)))
		}
		assert.JSONEq(t, fmt.Sprintf(`{"key":%q,"size":%d,"offset":2,"length":1}`, key, pagedSize(8)), ok(t, "put", key, "x", "--offset", "2", "--json"))
	})
}

// A text that is put reads in Qt as it is, whatever was there before.
func TestPutEndsText(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, []byte("volume=100"+strings.Repeat("\x00", chunkSize)))
		ok(t, "put", key, "volume=5")
		text, _, _ := strings.Cut(string(peer.Do("shm.read", "m", nil).Bytes()), "\x00")
		assert.Equal(t, "volume=5", text)
		ok(t, "put", key, "--hex", "41", "--offset", "0", "--clear")
		assert.Equal(t, "A", strings.TrimRight(string(peer.Do("shm.read", "m", nil).Bytes()), "\x00"))
	})
}

// What is refused leaves every byte as it is, and nobody attached.
func TestPutRefused(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("abcd"))
	segment, lock := files(t, key)
	size := pagedSize(4)
	long := filepath.Join(e.Work, "long")
	require.NoError(t, os.WriteFile(long, make([]byte, size+1), 0o600))
	for _, bad := range []struct {
		says string
		args []string
	}{
		{"too long", []string{strings.Repeat("x", size+1)}},
		{"too long", []string{"abc", "--offset", strconv.Itoa(size - 2)}},
		{"too long", []string{"--hex", strings.Repeat("00", size+1)}},
		{"too long", []string{"--file", long}},
		{"past the end", []string{"x", "--offset", strconv.Itoa(size + 1)}},
		{"nothing to write", nil},
		{"more than one", []string{"x", "--hex", "00"}},
		{"more than one", []string{"x", "--file", long}},
		{"more than one", []string{"--hex", "00", "--file", long}},
		{"two hex digits", []string{"--hex", "0"}},
		{"two hex digits", []string{"--hex", "zz"}},
		{"no size", []string{"x", "--offset", "-1"}},
		{"no size", []string{"x", "--offset", "1.5K"}},
		{"no such file", []string{"--file", long + "er"}},
		{"cannot be read", []string{"--file", e.Work}},
		{"encoding", []string{"x", "--encoding", "klingon"}},
		{"not in this encoding", []string{"共", "--encoding", "latin1"}},
		{"duration", []string{"x", "--timeout", "soon"}},
		{"arg", []string{"x", "y"}},
	} {
		refused(t, exitUsage, bad.says, append([]string{"put", key}, bad.args...)...)
		assert.Equal(t, paged("abcd"), string(e.Raw(segment)), "%v", bad.args)
	}
	assert.Equal(t, 1, observer.Look(segment).Attached)
	assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
}
