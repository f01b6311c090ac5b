//go:build cgo

package qtbridge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A lock stays as long as anybody has it open: the object that made it takes it
// from nobody, and create() does not reset it.
func TestLockOutlivesItsMaker(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		object(peer, "m", key)
		peer.Must("shm.create", "m", peertest.Args{"size": 8})
		s := mustAttach(t, key, ReadWrite)
		peer.Do("shm.delete", "m", nil)
		require.NoError(t, s.Lock(soon(t)))
		object(peer, "n", key)
		answer := peer.Async("shm.attach", "n", peertest.Args{"mode": "ReadWrite"})
		select {
		case <-answer:
			t.Fatal("the Qt process uses another lock")
		case <-time.After(100 * time.Millisecond):
		}
		require.Equal(t, 0, observer.LookSemaphore(lock).Value)
		require.NoError(t, s.Unlock())
		require.True(t, (<-answer).OK())
		peer.Must("shm.lock", "n", nil)
		requireError(t, s.TryLock(), "trylock", key, ErrLocked)
		peer.Must("shm.unlock", "n", nil)
		require.NoError(t, s.Close())
		require.NotNil(t, observer.LookSemaphore(lock))
		peer.Do("shm.delete", "n", nil)
		assert.Nil(t, observer.LookSemaphore(lock))
	})
}

// Who gives back what it does not hold takes the lock from who does, as in Qt.
// That is noticed, and the lock admits one all the same.
func TestLockGivenBackByAnother(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		s := mustCreate(t, key, 8)
		peer := env.Verbs(qt)
		peerSemaphore(peer, key, 1, "Open")
		require.NoError(t, s.Lock(soon(t)))
		peer.Must("sem.release", "s", nil)
		requireError(t, s.Unlock(), "unlock", key, ErrLockLost)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
		require.NoError(t, s.WithLock(soon(t), func() error { return nil }))
	})
}
