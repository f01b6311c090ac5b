//go:build cgo && (linux || windows)

package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// On Windows zeros up to the end of the page follow, but in text.
func TestGetPrintsWhatQtWrote(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		const data = "h\xc3\xa9llo\x00\x00\xff"
		segmentOf(e, qt, key, []byte(data))
		size := pagedSize(len(data))

		assert.Equal(t, paged(data), ok(t, "get", key))
		assert.Equal(t, data, ok(t, "get", key, "--length", "9"))
		assert.Equal(t, "llo", ok(t, "get", key, "--offset", "3", "--length", "3"))
		assert.Equal(t, "", ok(t, "get", key, "--offset", strconv.Itoa(size)))
		assert.Equal(t, "héllo\n", ok(t, "get", key, "--as", "text", "--encoding", "utf-8"))
		assert.Equal(t, paged(data), ok(t, "get", key, "--no-lock"))
		assert.Equal(t, "00000002  a9 6c 6c 6f                                       |.llo|\n00000006\n",
			ok(t, "get", key, "--as", "hex", "--offset", "2", "--length", "4"))
		assert.JSONEq(t, fmt.Sprintf(`{"key":%q,"size":%d,"offset":0,"length":9,"base64":"aMOpbGxvAAD/","text":"héllo"}`, key, size), ok(t, "get", key, "--json", "--length", "9", "--encoding", "utf-8"))
		assert.JSONEq(t, fmt.Sprintf(`{"key":%q,"size":%d,"offset":8,"length":1,"base64":"/w=="}`, key, size), ok(t, "get", key, "--as", "json", "--offset", "8", "--length", "1", "--encoding", "utf-8"))

		segment, _ := files(t, key)
		assert.Equal(t, 1, observer.Look(segment).Attached, "get must detach")
	})
}

func TestGetNativeKey(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		name := nativeName(e)
		writer := e.Start(qt, e.Work, "writer", filepath.Base(name))
		writer.Line("id-4711")
		_, err := writer.ReadLine()
		require.NoError(t, err)
		assert.Equal(t, paged("id-4711"), ok(t, "get", "native:"+name))
		t.Chdir(e.Work)
		assert.Equal(t, "id-4711\n", ok(t, "get", "native:"+filepath.Base(name), "--as", "text"))
	})
}

func TestGetEncoding(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		for encoding, data := range map[string]string{
			"GBK": "\xb9\xb2\xcf\xed", "UTF-16LE": "\x71\x51\xab\x4e\x00\x00A\x00", "utf-8": "共享",
		} {
			key := e.Name()
			peer := segmentOf(e, qt, key, []byte(data))
			assert.Equal(t, "共享\n", ok(t, "get", key, "--as", "text", "--encoding", encoding))
			peer.Do("shm.delete", "m", nil)
		}
	})
}

// In JSON there is text only where the bytes are text.
func TestTextOf(t *testing.T) {
	for data, text := range map[string]string{
		"hello": "hello", "hello\x00\xff": "hello", "a\tb\r\n": "a\tb\r\n", "": "", "\x00\x00": "", "\ue000": "\ue000",
	} {
		shown := textOf([]byte(data), qtbridge.UTF8)
		if assert.NotNil(t, shown, "%q", data) {
			assert.Equal(t, text, *shown)
		}
	}
	for _, data := range []string{"\x00\x00\x00\x05h\x00", "\x01\x02", "\x1b[2J", "\xff"} { // QDataStream, numbers, a terminal's command
		assert.Nil(t, textOf([]byte(data), qtbridge.UTF8), "%q", data)
	}
	assert.Equal(t, 4, endOfText([]byte("a\x00\x00b\x00\x00"), qtbridge.UTF16LE))
	assert.Equal(t, 3, endOfText([]byte("abc"), qtbridge.UTF8))
}

// A held lock is waited for as long as --timeout says, and left as it is.
func TestGetWaitsForTheLock(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, []byte("data"))
		peer.Must("shm.lock", "m", nil)
		for _, timeout := range []string{"0", "100ms"} {
			refused(t, exitLocked, "lock", "get", key, "--timeout", timeout)
			refused(t, exitLocked, "lock", "put", key, "xxxx", "--timeout", timeout)
			refused(t, exitLocked, "lock", append([]string{"lock", key, "--timeout", timeout, "--"}, childThat("exits", "0")...)...)
		}
		assert.Equal(t, paged("data"), ok(t, "get", key, "--no-lock"))
		waiting := start(t, "get", key)
		peer.Must("shm.unlock", "m", nil)
		assert.Equal(t, result{0, paged("data"), ""}, waiting.end())
	})
}

// A large get holds the lock until it is read, and gives it back on a signal.
func TestGetInterrupted(t *testing.T) {
	for _, s := range signals {
		e := peertest.New(t)
		key := e.Name()
		zeros(e, 6, key, copyLimit+1)
		p := start(t, "get", key)
		_, err := io.CopyN(io.Discard, p.stdout, 1)
		require.NoError(t, err)
		refused(t, exitLocked, "", "get", key, "--timeout", "0")
		p.signal(s)
		require.Equal(t, exitInterrupted, p.end().status)
		segment, lock := files(t, key)
		assert.Equal(t, 1, observer.Look(segment).Attached)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
	}
}

func TestHexDump(t *testing.T) {
	var out bytes.Buffer
	data := append(bytes.Repeat([]byte("0123456789abcdef"), 4), make([]byte, 33)...)
	dump := newHexDump(&out, 0)
	for _, b := range data {
		_, err := dump.Write([]byte{b})
		require.NoError(t, err)
	}
	require.NoError(t, dump.Close())
	// What hexdump -C prints.
	assert.Equal(t, strings.Join([]string{
		"00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
		"*",
		"00000040  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
		"*",
		"00000060  00                                                |.|",
		"00000061", ""}, "\n"), out.String())
}
