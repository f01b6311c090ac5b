//go:build cgo && (linux || windows)

package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Reading leaves the peer as it was: its semaphore, key files, segment and lock,
// free or held.
func TestReadingDoesNoHarm(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		keys := []Key{QtKey(env.Name()), nativeKey(env)}
		for _, key := range keys {
			create(peer, key, 5, []byte("hello"))
		}
		for _, held := range []bool{false, true} {
			if held {
				peer.Must("shm.lock", keys[0].String(), nil)
			}
			for _, key := range keys {
				segment, lock := keyFiles(t, key)
				before, semaphore := *observer.Look(segment), observer.LookSemaphore(lock)
				files := append(env.Files(env.Tmp), env.Files(env.Work)...)
				for range 200 {
					readOnce(t, key, held && !key.IsNative())
				}
				assert.Equal(t, before, *observer.Look(segment))
				assert.Equal(t, files, append(env.Files(env.Tmp), env.Files(env.Work)...))
				if semaphore != nil {
					after := observer.LookSemaphore(lock)
					assert.Equal(t, semaphore.ID, after.ID)
					assert.Equal(t, semaphore.Value, after.Value)
				}
			}
		}
		peer.Must("shm.unlock", keys[0].String(), nil)
		peer.Must("shm.detach", keys[0].String(), nil)
		peer.Must("shm.create", keys[0].String(), peertest.Args{"size": 6})
	})
}

// readOnce is one round of a program that polls.
func readOnce(t *testing.T, key Key, held bool) {
	s, err := Attach(soon(t), key, ReadOnly)
	require.NoError(t, err)
	if !held {
		got, err := s.Snapshot(soon(t), nil)
		require.NoError(t, err)
		require.Equal(t, paged([]byte("hello")), got)
	} else {
		require.ErrorIs(t, s.TryLock(), ErrLocked)
	}
	require.NoError(t, s.Close())
}
