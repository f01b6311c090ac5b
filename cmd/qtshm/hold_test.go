//go:build cgo && (linux || windows)

package main

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// What publish and create hold is Qt's to read until a signal, and gone after.
func TestHoldUntilSignal(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		for _, s := range signals {
			for _, native := range []bool{false, true} {
				holdUntilSignal(t, qt, s, native)
			}
		}
	})
}

func holdUntilSignal(t *testing.T, qt int, s os.Signal, native bool) {
	e := peertest.New(t)
	name, set := e.Name(), "shm.setKey"
	key := name
	if native {
		name, set = nativeName(e), "shm.setNativeKey"
		key = "native:" + name
	}
	peer := e.Verbs(qt)
	for _, args := range [][]string{{"publish", key, "id-4711", "--json"}, {"create", key, "--size", "7", "--json"}} {
		p := start(t, args...)
		shown := p.object()
		assert.EqualValues(t, map[string]int{"publish": 7, "create": pagedSize(7)}[args[0]], shown["size"])
		assert.Equal(t, key, shown["key"])
		peer.Do("shm.new", "m", nil)
		peer.Do(set, "m", peertest.Args{"key": name})
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
		want := map[string]string{"publish": "id-4711", "create": strings.Repeat("\x00", 7)}[args[0]]
		assert.Equal(t, paged(want), string(peer.Do("shm.read", "m", nil).Bytes()))
		peer.Do("shm.delete", "m", nil)
		p.signal(s)
		assert.Equal(t, result{exitOK, "", ""}, p.end())
		nothing(t, key)
	}
}

// With --for its end is the proper one, and a signal an interruption.
func TestHoldFor(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	for _, args := range [][]string{{"publish", key, "x"}, {"create", key, "--size", "1"}} {
		assert.Empty(t, ok(t, append(args, "--for", "200ms")...))
		nothing(t, key)
		p := start(t, append(args, "--for", "1h", "--json")...)
		p.object()
		p.signal(syscall.SIGTERM)
		r := p.end()
		assert.Equal(t, exitInterrupted, r.status)
		assert.Equal(t, "interrupted", object(t, r.err)["code"])
		nothing(t, key)
	}
}

func TestPublishLines(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		name := nativeName(e)
		poller := e.Start(qt, e.Work, "poller", filepath.Base(name), "--interval", "1")
		p := start(t, "publish", "native:"+name, "--lines", "--encoding", "utf-16le")
		for line, data := range map[string]string{"id-1": "i\x00d\x00-\x001\x00", "共": "\x71\x51", "end": "e\x00n\x00d\x00"} {
			_, err := p.stdin.Write([]byte(line + "\n"))
			require.NoError(t, err)
			poller.ReadUntilHex(hex.EncodeToString([]byte(paged(data))))
		}
		require.NoError(t, p.stdin.Close())
		r := p.end()
		assert.Equal(t, exitOK, r.status)
		assert.Empty(t, r.out)
		if !peertest.HasIPCKeys(t, qt) { // else its object can delete the key file, of which we tell
			assert.Empty(t, r.err)
		}
		require.NoError(t, poller.End())
		nothing(t, "native:"+name)
	})
}

func TestPublishLinesEnds(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	r := doWith(t, "good\n\nnever\n", "publish", key, "--lines", "--json")
	assert.Equal(t, exitUsage, r.status)
	assert.Contains(t, r.err, "line 2")
	assert.Equal(t, 1, strings.Count(r.out, "\n"))
	nothing(t, key)

	r = doWith(t, "a\nb", "publish", key, "--lines", "--json", "--size", "4")
	assert.Equal(t, exitOK, r.status, r.err)
	assert.Equal(t, 2, strings.Count(r.out, "\n"))

	p := start(t, "publish", key, "--lines", "--for", "300ms") // stdin stays open
	assert.Equal(t, exitOK, p.end().status)
	p = start(t, "publish", key, "--lines", "--json")
	_, err := p.stdin.Write([]byte("x\n"))
	require.NoError(t, err)
	p.object()
	p.signal(syscall.SIGINT)
	assert.Equal(t, exitInterrupted, p.end().status)
	nothing(t, key)
}

func TestInfo(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, []byte("abcd"))
		segmentFile, lockFile := files(t, key)
		shown := object(t, ok(t, "info", key, "--json"))
		assert.Equal(t, "live", shown["verdict"])
		segment, lock := shown["segment"].(map[string]any), shown["lock"].(map[string]any)
		if hasKeyFiles {
			assert.Equal(t, segmentFile, segment["file"].(map[string]any)["path"])
			assert.Equal(t, lockFile, lock["file"].(map[string]any)["path"])
			assert.EqualValues(t, peer.PID(), segment["creator"].(map[string]any)["pid"])
		} else {
			assert.Equal(t, map[string]any{"object": segmentFile, "exists": true, "size": 4096., "attached": 1.}, segment)
			assert.Equal(t, map[string]any{"object": lockFile, "exists": true, "state": "free", "value": 1.}, lock)
		}
		assert.EqualValues(t, pagedSize(4), segment["size"])
		assert.EqualValues(t, observer.Look(segmentFile).Attached, segment["attached"])
		assert.Equal(t, "free", lock["state"])
		text := ok(t, "info", key)
		parts := []string{segmentFile, lockFile, "live", strconv.Itoa(pagedSize(4)) + " bytes"}
		if hasKeyFiles {
			parts = append(parts, "testpeer-qt")
		}
		for _, part := range parts {
			assert.Contains(t, text, part)
		}
		assert.NotContains(t, text, "\x1b", "colour is for terminals")
		assert.Equal(t, "free", object(t, ok(t, "info", e.Name(), "--json"))["verdict"])
		assert.Nil(t, object(t, ok(t, "info", "native:"+nativeName(e), "--json"))["lock"])
	})
}
