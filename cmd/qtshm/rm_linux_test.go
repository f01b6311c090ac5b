//go:build cgo

package main

import (
	"strings"
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

// To have removed what was left is a success, also if the next writer was quick.
func TestRemoveBesideTheNextWriter(t *testing.T) {
	e := peertest.New(t)
	writer := e.Verbs(6)
	next := 0
	for range 20 {
		key := e.Name()
		segmentOf(e, 6, key, []byte("abcd")).Kill()
		writer.Do("shm.new", key, peertest.Args{"key": key})
		removed := make(chan result, 1)
		go func() { removed <- do(t, "rm", key) }()
		var r *result
		created := false
		for r == nil {
			created = created || writer.Do("shm.create", key, peertest.Args{"size": 4}).OK()
			select {
			case done := <-removed:
				r = &done
			default:
			}
		}
		// A writer that came in the very moment can have lost its key file, of which
		// Recover tells, and rm as well.
		if strings.Contains(r.out, "remove the orphaned segment") && !strings.Contains(r.err, "key file lost") {
			assert.Equal(t, exitOK, r.status, r.err)
			if created {
				next++
			}
		}
		writer.Do("shm.delete", key, nil)
		e.LeavesBehind() // where a create() that failed has used the lock, rm leaves it alone
	}
	t.Logf("%d of 20 writers were quick", next)
}
