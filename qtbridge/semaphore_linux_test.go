//go:build cgo

package qtbridge

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Who removes it is as with Qt, and can be chosen.
func TestSemaphoreOwnership(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, file := keyFiles(t, key)
		peer := env.Verbs(qt)
		peerSemaphore(peer, key, 3, "Open")

		guest := openSem(t, key, 7)
		assert.False(t, guest.Owner())
		require.NoError(t, guest.Close())
		require.NotNil(t, observer.LookSemaphore(file), "a guest leaves it")

		owner, err := CreateSemaphore(key, 5)
		closingSemaphore(t, owner, err)
		assert.True(t, owner.Owner())
		assert.Equal(t, 5, value(t, owner), "reset")
		owner.Disown()
		assert.False(t, owner.Owner())
		require.NoError(t, owner.Close())
		require.NotNil(t, observer.LookSemaphore(file), "left to others")
		peer.Must("sem.acquire", "s", nil)

		owner, err = CreateSemaphore(key, 1)
		closingSemaphore(t, owner, err)
		require.NoError(t, owner.Close())
		assert.Nil(t, observer.LookSemaphore(file))
		assert.NoFileExists(t, file)
		peer.Must("sem.acquire", "s", nil) // Qt makes a new one, with 3
		assert.Equal(t, 2, observer.LookSemaphore(file).Value)
		peer.Do("sem.delete", "s", nil)
	})
}

// If another process removes the semaphore, a new one is made, as in Qt.
func TestSemaphoreRemovedByItsOwner(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		peerSemaphore(peer, key, 0, "Create")
		s := openSem(t, key, 1)
		got := make(chan error, 1)
		go func() { got <- s.Acquire(context.Background()) }()
		time.Sleep(20 * time.Millisecond)
		peer.Do("sem.delete", "s", nil)
		require.NoError(t, <-got, "from the new one")
		assert.True(t, s.Owner())
		require.NoError(t, s.Release(4))
		assert.Equal(t, 4, value(t, s))
	})
}

// The kernel undoes what a process did, however it ended.
func TestSemaphoreUndo(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := openSem(t, key, 2)
		peer := env.Verbs(qt)
		peerSemaphore(peer, key, 2, "Open")
		peer.Must("sem.acquire", "s", nil)
		peer.Must("sem.acquire", "s", nil)
		got := make(chan error, 1)
		go func() { got <- s.AcquireN(context.Background(), 2) }()
		peer.Kill()
		require.NoError(t, <-got)
		require.NoError(t, s.Release(2))
	})
}

func TestSemaphoreOfAnotherUser(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	s := openSem(t, key, 1)
	before := *observer.LookSemaphore(second(keyFiles(t, key)))
	var opened, created error
	peertest.AsNobody(t, func() {
		_, opened = OpenSemaphore(key, 1)
		_, created = CreateSemaphore(key, 1)
	})
	requireError(t, opened, "open", key, ErrPermission)
	requireError(t, created, "open", key, ErrPermission)
	assert.Equal(t, before, *observer.LookSemaphore(second(keyFiles(t, key))))
	require.NoError(t, s.Close())
}
