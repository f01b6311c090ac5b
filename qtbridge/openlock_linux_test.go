//go:build cgo

package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// leaveLock leaves a lock at a value, by a process that is gone.
func leaveLock(env *peertest.Env, qt int, key Key, value int) {
	peer := env.Verbs(qt)
	peer.Do("sem.new", "left", peertest.Args{"key": key.Name(), "initial": value, "mode": "Create"})
	peer.Kill()
}

// A lock that lets in several lets in one afterwards.
func TestRecoverOpenLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		for _, value := range []int{2, 7} {
			leaveLock(env, qt, key, value)
			inspected(t, env, key, LockOpen)
			recovered(t, env, key, Policy{}, Live, ResetLock)
			assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
			peer.Must("shm.lock", key.String(), nil)
			assert.Equal(t, 0, observer.LookSemaphore(lock).Value)
			peer.Must("shm.unlock", key.String(), nil)
		}
	})
}

// Who cannot spell a QtKey mends it by the path of its key file, lock included.
func TestRecoverByPath(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		segment, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		for _, value := range []int{0, 2} {
			leaveLock(env, qt, key, value)
			report, err := Recover(t.Context(), NativeKey(segment), Policy{})
			require.NoError(t, err)
			assert.Equal(t, []Action{ResetLock}, report.Actions)
			assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
			peer.Must("shm.lock", key.String(), nil)
			peer.Must("shm.unlock", key.String(), nil)
		}
		peer.Kill()
		leaveLock(env, qt, key, 0)
		report, err := Recover(t.Context(), NativeKey(segment), Policy{})
		require.NoError(t, err)
		assert.Equal(t, []Action{RemoveSegment, RemoveLock}, report.Actions)
		assert.NoFileExists(t, segment)
		assert.NoFileExists(t, lock)
	})
}

// What is left without a segment goes by the path as well.
func TestRecoverLeftoverByPath(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		segment, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		peer.Must("shm.lock", key.String(), nil)
		peer.Must("shm.unlock", key.String(), nil)
		peer.Kill()
		require.NoError(t, observer.RemoveSegment(observer.Look(segment).ID))
		staleFiles(t, segment, lock)
		report, err := Recover(t.Context(), NativeKey(segment), Policy{})
		require.NoError(t, err)
		assert.Equal(t, []Action{RemoveKeyFile, RemoveLock}, report.Actions)
		assert.NoFileExists(t, segment)
		assert.NoFileExists(t, lock)

		staleFiles(t, lock)
		report, err = Recover(t.Context(), NativeKey(segment), Policy{})
		require.NoError(t, err)
		assert.Equal(t, []Action{RemoveLock}, report.Actions)
		assert.NoFileExists(t, lock)
	})
}
