//go:build cgo && (linux || windows)

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// What a Qt program has written is guessed, and the command that guess prints shows it;
// without --format get takes the same guess, and says so.
func TestGuess(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, make([]byte, 600))
		segment, lock := files(t, key)
		peer.Do("shm.write", "m", peertest.Args{"base64": madeBy(peer, "QPair<int,QString>", 0, false)})
		before := string(e.Raw(segment))
		assert.Contains(t, ok(t, "guess", key), "likely: a QDataStream message, big-endian, as Qt has it by default: qint32 v1; QString v2\n  + ")
		found := object(t, ok(t, "guess", key, "--json"))
		first := found["guesses"].([]any)[0].(map[string]any)
		assert.EqualValues(t, 18, found["used"])
		assert.Equal(t, "likely", first["chance"])
		get := []string{"get", key}
		for _, flag := range first["show"].([]any) {
			get = append(get, flag.(string))
		}
		assert.Equal(t, `{"v1":-7,"v2":"seven"}`+"\n", ok(t, get...))
		r := do(t, "get", key, "--as", "datastream")
		assert.Equal(t, `{"v1":-7,"v2":"seven"}`+"\n", r.out)
		assert.Contains(t, r.err, "the guess is --as datastream --format "+quote("qint32 v1; QString v2"))

		assert.Equal(t, before, string(e.Raw(segment)))
		assert.Equal(t, 1, observer.Look(segment).Attached)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
	})
}

// A number that a Qt program counts up is found by looking twice, behind an offset as well.
func TestGuessCounts(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	peer := segmentOf(e, 6, key, make([]byte, 64))
	peer.Do("shm.write", "m", peertest.Args{"offset": 32, "base64": []byte{1}})
	p := start(t, "guess", key, "--for", "1s", "--offset", "8", "--json")
	peer.Do("shm.count", "m", peertest.Args{"offset": 32, "n": 300, "pause_us": 5000, "lock": true})
	guesses := p.object()["guesses"].([]any)
	require.NotEmpty(t, guesses)
	first := guesses[0].(map[string]any)
	assert.Equal(t, "a u64 at byte 24 that counts", first["what"], "%v", guesses)
	assert.Equal(t, []any{"--offset", "32", "--format", "u64 count"}, first["show"])
	assert.Equal(t, exitOK, p.end().status)
}

func TestGuessOfNothing(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, make([]byte, 64))
	assert.Equal(t, fmt.Sprintf("%s: all of %d bytes are zero\n", key, pagedSize(64)), ok(t, "guess", key))
	refused(t, exitUsage, "no message whose types can be told", "get", key, "--as", "datastream")
	refused(t, exitUsage, "past the end", "guess", key, "--offset", "1M")
	refused(t, exitNotFound, missing(), "guess", e.Name())
	ok(t, "put", key, "volume=5")
	text := ok(t, "guess", key)
	assert.Contains(t, text, "likely: text in ASCII")
	assert.Contains(t, text, "  qtshm get "+key+" --as text --encoding utf-8\n")
	assert.NotContains(t, text, "QDataStream")
	assert.Equal(t, "volume=5", strings.TrimSpace(ok(t, "get", key, "--as", "text", "--encoding", "utf-8")))
}
