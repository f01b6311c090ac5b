//go:build cgo && linux

package sysv

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Who lost the lock to another process must not give it back for that one.
func TestGiveOnlyWhatIsOurs(t *testing.T) {
	env := peertest.New(t)
	name := env.Name()
	peer := env.Verbs(peertest.QtVersions[0])
	peer.Do("sem.new", "s", peertest.Args{"key": name, "initial": 1, "mode": "Create"})
	path := env.Tmp + "/" + env.Files(env.Tmp)[0]
	id := observer.LookSemaphore(path).ID
	value := func() int { return observer.LookSemaphore(path).Value }

	for range 3 {
		require.NoError(t, take(id, 1))
		assert.Equal(t, 0, value())
		require.NoError(t, give(id))
		assert.Equal(t, 1, value())
	}
	assert.ErrorIs(t, give(id), syscall.ERANGE, "not taken")

	t.Log("taken, reset and taken by the peer")
	require.NoError(t, take(id, 1))
	peer.Do("sem.setKey", "s", peertest.Args{"key": name, "initial": 1, "mode": "Create"})
	peer.Must("sem.acquire", "s", nil)
	assert.ErrorIs(t, give(id), syscall.ERANGE)
	assert.Equal(t, 0, value(), "the peer still holds it")
	peer.Must("sem.release", "s", nil)
	assert.Equal(t, 1, value(), "and it admits one")

	require.NoError(t, take(id, 1))
	require.NoError(t, give(id))
	assert.Equal(t, 1, value())
	peer.Do("sem.delete", "s", nil)
}
