//go:build cgo && linux

package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

var signals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

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

func holdUntilSignal(t *testing.T, qt int, s syscall.Signal, native bool) {
	e := peertest.New(t)
	name, set := e.Name(), "shm.setKey"
	key := name
	if native {
		name, set = filepath.Join(e.Work, name), "shm.setNativeKey"
		key = "native:" + name
	}
	peer := e.Verbs(qt)
	for _, args := range [][]string{{"publish", key, "id-4711", "--json"}, {"create", key, "--size", "7", "--json"}} {
		p := start(t, args...)
		shown := p.object()
		assert.EqualValues(t, 7, shown["size"])
		assert.Equal(t, key, shown["key"])
		peer.Do("shm.new", "m", nil)
		peer.Do(set, "m", peertest.Args{"key": name})
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
		want := map[string]string{"publish": "id-4711", "create": strings.Repeat("\x00", 7)}[args[0]]
		assert.Equal(t, want, string(peer.Do("shm.read", "m", nil).Bytes()))
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
		assert.Empty(t, ok(t, append(args, "--for", "1ms")...))
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
		path := filepath.Join(e.Work, e.Name())
		poller := e.Start(qt, e.Work, "poller", filepath.Base(path), "--interval", "1")
		p := start(t, "publish", "native:"+path, "--lines", "--encoding", "utf-16le")
		for line, hex := range map[string]string{"id-1": "690064002d003100", "共": "7151", "end": "65006e006400"} {
			_, err := p.stdin.Write([]byte(line + "\n"))
			require.NoError(t, err)
			poller.ReadUntilHex(hex)
		}
		require.NoError(t, p.stdin.Close())
		assert.Equal(t, result{exitOK, "", ""}, p.end())
		require.NoError(t, poller.End())
		nothing(t, "native:"+path)
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

// An orphan of a killed Qt process, and a lock it died with, are removed.
func TestRemoveOrphan(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		for _, jam := range []bool{false, true} {
			e := peertest.New(t)
			key := e.Name()
			peer := segmentOf(e, qt, key, []byte("abcd"))
			if jam {
				peer.Do("sem.new", "s", peertest.Args{"key": key, "initial": 0, "mode": "Create"})
			}
			peer.Kill()
			if jam {
				assert.Equal(t, "lock jammed", object(t, ok(t, "info", key, "--json"))["verdict"])
			}
			shown := object(t, ok(t, "rm", key, "--json"))
			assert.Equal(t, "free", shown["after"])
			assert.Equal(t, []any{"remove-segment", "remove-lock"}, shown["actions"])
			nothing(t, key)
		}
	})
}

// Without --force what is left without a segment stays.
func TestRemoveLeftovers(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	peer := segmentOf(e, 6, key, []byte("abcd"))
	segment, lock := files(t, key)
	peer.Must("shm.lock", "m", nil)
	peer.Must("shm.unlock", "m", nil)
	peer.Kill()
	require.NoError(t, observer.RemoveSegment(observer.Look(segment).ID))
	refused(t, exitNotFound, "--force", "rm", key)
	assert.FileExists(t, lock)
	ok(t, "rm", "--force", key)
	assert.NoFileExists(t, lock)
	assert.Nil(t, observer.LookSemaphore(lock))
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
		assert.Equal(t, segmentFile, segment["file"].(map[string]any)["path"])
		assert.Equal(t, lockFile, lock["file"].(map[string]any)["path"])
		assert.EqualValues(t, observer.Look(segmentFile).ID, segment["id"])
		assert.EqualValues(t, peer.PID(), segment["creator"].(map[string]any)["pid"])
		assert.EqualValues(t, 4, segment["size"])
		assert.Equal(t, "free", lock["state"])
		text := ok(t, "info", key)
		for _, part := range []string{segmentFile, lockFile, "live", "4 bytes", "testpeer-qt"} {
			assert.Contains(t, text, part)
		}
		assert.NotContains(t, text, "\x1b", "colour is for terminals")
		assert.Equal(t, "free", object(t, ok(t, "info", e.Name(), "--json"))["verdict"])
		assert.Nil(t, object(t, ok(t, "info", "native:"+filepath.Join(e.Work, "x"), "--json"))["lock"])
	})
}
