//go:build cgo

package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Another process removes the semaphore that a Segment made, and a third one
// makes the next. Closing leaves that to the third.
func TestCloseLeavesTheLockOfAnother(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		s := mustCreate(t, key, 8)
		semaphore := peertest.Args{"key": key.Name(), "initial": 1, "mode": "Create"}
		peer.Do("sem.new", "a", semaphore)
		peer.Do("sem.delete", "a", nil)
		require.NoFileExists(t, lock)
		peer.Do("sem.new", "b", semaphore)
		theirs := observer.LookSemaphore(lock).ID

		require.NoError(t, s.Lock(soon(t)))
		require.NoError(t, s.Unlock())
		require.NoError(t, s.Close())
		now := observer.LookSemaphore(lock)
		require.NotNil(t, now, "its key file is there")
		assert.Equal(t, theirs, now.ID)
		peer.Do("sem.delete", "b", nil)
	})
}

// A lock that another process has reset and taken is not given back for it.
func TestLockLostToAHolder(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		s := mustCreate(t, key, 8)
		require.NoError(t, s.Lock(soon(t)))
		peer.Do("sem.new", "a", peertest.Args{"key": key.Name(), "initial": 1, "mode": "Create"})
		peer.Must("sem.acquire", "a", nil)
		requireError(t, s.Unlock(), "unlock", key, ErrLockLost)
		assert.Equal(t, 0, observer.LookSemaphore(lock).Value, "the peer holds it")
		peer.Must("sem.release", "a", nil)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
		require.NoError(t, s.Close())
		peer.Do("sem.delete", "a", nil)
	})
}
