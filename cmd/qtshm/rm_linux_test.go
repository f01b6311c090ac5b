//go:build cgo

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

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
				assert.Equal(t, "lock-jammed", object(t, ok(t, "info", key, "--json"))["verdict"])
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
