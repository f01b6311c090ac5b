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

// The semaphore may be removed at any time by the destructor of the Qt object
// that made it. Attaching and reading never makes a new one; locking does.
func TestLockWithoutSemaphore(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		peer.Must("shm.create", "m", peertest.Args{"size": 8})
		s := mustAttach(t, key, ReadWrite)
		_, err := s.Snapshot(soon(t), nil)
		require.NoError(t, err)

		peer.Do("shm.delete", "m", nil)
		require.Nil(t, observer.LookSemaphore(lock), "Qt removed it")
		_, err = s.Snapshot(soon(t), nil)
		require.NoError(t, err)
		second := mustAttach(t, key, ReadOnly)
		require.NoError(t, second.Close())
		require.NoFileExists(t, lock, "reading makes nothing")

		require.NoError(t, s.Lock(soon(t)))
		require.NotNil(t, observer.LookSemaphore(lock))
		peer.Do("shm.new", "n", peertest.Args{"key": key.Name()})
		answer := peer.Async("shm.attach", "n", peertest.Args{"mode": "ReadOnly"})
		select {
		case <-answer:
			t.Fatal("the Qt process uses another lock")
		case <-time.After(100 * time.Millisecond):
		}
		require.NoError(t, s.Unlock())
		assert.True(t, (<-answer).OK())
		peer.Do("shm.delete", "n", nil)
		require.NoError(t, s.Close())
		assert.Empty(t, env.Files(env.Tmp), "who made it removes it")
	})
}

func TestLockLost(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := mustCreate(t, key, 8)
		_, lock := keyFiles(t, key)

		t.Log("another process's create() resets the lock")
		peer := env.Verbs(qt)
		require.NoError(t, s.Lock(soon(t)))
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		assert.Equal(t, "AlreadyExists", peer.Do("shm.create", "m", peertest.Args{"size": 8}).Error)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value, "Qt let go of the lock that Go holds")
		requireError(t, s.Unlock(), "unlock", key, ErrLockLost)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value, "and does not admit two from now on")

		t.Log("another process's destructor removes the lock")
		require.NoError(t, s.Lock(soon(t)))
		peer.Do("shm.delete", "m", nil)
		assert.Nil(t, observer.LookSemaphore(lock))
		err := s.WithLock(within(t, 10*time.Millisecond), func() error { return nil })
		requireError(t, err, "lock", key, ErrLocked)
		requireError(t, s.Unlock(), "unlock", key, ErrLockLost)

		require.NoError(t, s.Lock(soon(t)), "there is a new one then")
		require.NoError(t, s.Unlock())
		require.NoError(t, peer.End())
		require.NoError(t, s.Close())
		assert.Empty(t, env.Files(env.Tmp))
	})
}
