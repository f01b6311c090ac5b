//go:build cgo

package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A semaphore is there as long as anybody has it open, whoever made it.
func TestSemaphoreLivesWithItsLastHandle(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, file := keyFiles(t, key)
		peer := env.Verbs(qt)
		peerSemaphore(peer, key, 3, "Open")

		guest := openSem(t, key, 7)
		assert.Equal(t, 3, value(t, guest))
		peer.Do("sem.delete", "s", nil)
		require.Equal(t, 3, observer.LookSemaphore(file).Value, "although its maker is gone")
		require.NoError(t, guest.Acquire(soon(t)))
		peerSemaphore(peer, key, 9, "Create")
		assert.Equal(t, 2, value(t, guest), "Qt resets none that exists")
		again, err := CreateSemaphore(key, 5)
		again = closingSemaphore(t, again, err)
		assert.Equal(t, 2, value(t, again), "nor do we")
		require.NoError(t, again.Close())
		require.NoError(t, guest.Close())
		require.NotNil(t, observer.LookSemaphore(file))
		peer.Kill()
		assert.Nil(t, observer.LookSemaphore(file))
	})
}

// What a process took stays taken when it ends.
func TestSemaphoreIsNotUndone(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := openSem(t, key, 2)
		peer := env.Verbs(qt)
		peerSemaphore(peer, key, 2, "Open")
		peer.Must("sem.acquire", "s", nil)
		peer.Must("sem.acquire", "s", nil)
		peer.Kill()
		requireError(t, s.TryAcquire(), "tryacquire", key, ErrLocked)
		require.NoError(t, s.Release(2), "what is known to be lost can be replaced")
		require.NoError(t, s.AcquireN(soon(t), 2))
	})
}

// Windows counts further than other systems.
func TestSemaphoreBeyondMaxCount(t *testing.T) {
	env := peertest.New(t)
	s := openSem(t, QtKey(env.Name()), MaxCount)
	require.NoError(t, s.Release(1))
	assert.Equal(t, MaxCount+1, value(t, s))
}

// Disown keeps it for as long as this process runs.
func TestDisownedSemaphore(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	_, file := keyFiles(t, key)
	s := openSem(t, key, 4)
	assert.False(t, s.Owner())
	s.Disown()
	require.NoError(t, s.Close())
	require.Equal(t, 4, observer.LookSemaphore(file).Value)
}
