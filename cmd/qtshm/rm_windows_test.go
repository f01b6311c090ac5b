//go:build cgo

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A lock that a killed Qt process held stays taken as long as others have it
// open. Who knows of the crash sets it free.
func TestRemoveBreaksLock(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		_, lock := files(t, key)
		peer, crash := segmentOf(e, qt, key, []byte("abcd")), e.Verbs(qt)
		crash.Do("shm.new", "m", peertest.Args{"key": key})
		crash.Must("shm.attach", "m", nil)
		crash.Must("shm.lock", "m", nil)
		crash.Kill()
		require.Equal(t, 0, observer.LookSemaphore(lock).Value)
		assert.Equal(t, "locked", object(t, ok(t, "info", key, "--json"))["verdict"])
		assert.Contains(t, ok(t, "doctor", key), "rm --break-lock")
		refused(t, exitInUse, "end the programs", "rm", key)
		refused(t, exitInUse, "end the programs", "rm", key, "--force")
		shown := object(t, ok(t, "rm", key, "--break-lock", "--json"))
		assert.Equal(t, []any{"reset-lock"}, shown["actions"])
		peer.Must("shm.lock", "m", nil)
		peer.Must("shm.unlock", "m", nil)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
	})
}
