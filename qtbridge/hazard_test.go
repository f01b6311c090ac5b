//go:build cgo && (linux || windows)

package qtbridge

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Calls of Qt that harm others. Each is shown twice: what two Qt processes do to
// each other, and that the same story told through qtbridge does no damage.

// toldByQt runs a story as Qt alone tells it. On Windows its calls do none of
// this harm.
func toldByQt(t *testing.T, story func(t *testing.T, env *peertest.Env, qt int)) {
	if hasKeyFiles {
		told(t, "plain-Qt", story)
	}
}

// told runs a story as somebody tells it.
func told(t *testing.T, by string, story func(t *testing.T, env *peertest.Env, qt int)) {
	t.Run(by, func(t *testing.T) { eachPeer(t, story) })
}

// holder is a Qt process that has created a segment and holds its lock.
func holder(t *testing.T, env *peertest.Env, qt int, key Key) (peer *peertest.Peer, held observer.Semaphore) {
	t.Helper()
	peer = env.Verbs(qt)
	object(peer, "m", key)
	peer.Must("shm.create", "m", peertest.Args{"size": 8})
	peer.Must("shm.lock", "m", nil)
	_, lock := keyFiles(t, key)
	held = *observer.LookSemaphore(lock)
	require.Equal(t, 0, held.Value)
	return peer, held
}

// requireTwoHolders requires that another Qt process gets the lock that peer
// holds, and that afterwards the lock admits two.
func requireTwoHolders(t *testing.T, peer, other *peertest.Peer, obj string, key Key) {
	t.Helper()
	other.Must("shm.attach", obj, peertest.Args{"mode": "ReadWrite"})
	other.Must("shm.lock", obj, nil)
	other.Must("shm.unlock", obj, nil)
	peer.Must("shm.unlock", "m", nil)
	require.Equal(t, 2, observer.LookSemaphore(second(keyFiles(t, key))).Value)
}

// requireExclusive requires that the lock that peer holds is as it was, keeps
// Go out, and is free once peer gives it back.
func requireExclusive(t *testing.T, peer *peertest.Peer, held observer.Semaphore, key Key) {
	t.Helper()
	_, lock := keyFiles(t, key)
	s := mustAttach(t, key, ReadWrite)
	requireError(t, s.TryLock(), "trylock", key, ErrLocked)
	require.NoError(t, s.Close())
	require.Equal(t, held, *observer.LookSemaphore(lock))
	peer.Must("shm.unlock", "m", nil)
	require.Equal(t, 1, observer.LookSemaphore(lock).Value)
}

// A create() resets the lock, even if it fails because the segment exists.
func TestHazardCreateResetsAHeldLock(t *testing.T) {
	toldByQt(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		peer, held := holder(t, env, qt, key)
		other := env.Verbs(qt)
		object(other, "m", key)
		require.Equal(t, "AlreadyExists", other.Do("shm.create", "m", peertest.Args{"size": 8}).Error)
		reset := observer.LookSemaphore(lock)
		held.Value, held.Last = 1, reset.Last // and the same otherwise
		assert.Equal(t, held, *reset, "free, although it is held")
		requireTwoHolders(t, peer, other, "m", key)

		other.Do("shm.delete", "m", nil)
		assert.Nil(t, observer.LookSemaphore(lock), "whose create() failed removes it all the same")
		env.LeavesBehind()
	})
	told(t, "qtbridge", func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer, held := holder(t, env, qt, key)
		_, err := Create(soon(t), key, 8, ReadWrite)
		requireError(t, err, "create", key, ErrExists)
		requireExclusive(t, peer, held, key)
	})
}

// An attach() that fails makes the semaphore, and its object removes it in the
// end, from under whoever holds it by then.
func TestHazardFailedAttachRemovesAHeldLock(t *testing.T) {
	toldByQt(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		other := env.Verbs(qt)
		object(other, "early", key)
		require.Equal(t, "NotFound", other.Do("shm.attach", "early", nil).Error)
		made := observer.LookSemaphore(lock)
		require.NotNil(t, made, "made for nothing")

		peer, held := holder(t, env, qt, key)
		require.Equal(t, made.ID, held.ID, "used by the next one to come")
		other.Do("shm.delete", "early", nil)
		assert.Nil(t, observer.LookSemaphore(lock), "removed while it is held")
		assert.NoFileExists(t, lock)
		object(other, "late", key)
		requireTwoHolders(t, peer, other, "late", key)
		env.LeavesBehind()
	})
	told(t, "qtbridge", func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, err := Attach(soon(t), key, ReadWrite)
		requireError(t, err, "attach", key, ErrNotFound)
		assert.Empty(t, env.Files(env.Tmp), "nothing is made")
		peer, held := holder(t, env, qt, key)
		requireExclusive(t, peer, held, key)
	})
}

// With a native key, a create() leaves its object unable to create or to attach
// again, before Qt 6.6.
func TestHazardPoisonedObject(t *testing.T) {
	toldByQt(t, func(t *testing.T, env *peertest.Env, qt int) {
		if peertest.HasIPCKeys(t, qt) {
			return
		}
		key := nativeKey(env)
		segment, _ := keyFiles(t, key)
		writer, reader := env.Verbs(qt), env.Verbs(qt)
		object(writer, "m", key)
		object(reader, "m", key)
		writer.Must("shm.create", "m", peertest.Args{"size": 8})
		writer.Must("shm.detach", "m", nil)
		assert.Equal(t, "KeyError", writer.Do("shm.create", "m", peertest.Args{"size": 8}).Error)
		assert.Nil(t, observer.Look(segment))
		assert.Equal(t, "NotFound", reader.Do("shm.attach", "m", nil).Error, "nothing arrives any more")

		// What Qt's documentation advises: create, or else attach.
		create(reader, key, 8, nil)
		object(writer, "fresh", key)
		assert.Equal(t, "AlreadyExists", writer.Do("shm.create", "fresh", peertest.Args{"size": 8}).Error)
		assert.Equal(t, "KeyError", writer.Do("shm.attach", "fresh", nil).Error)
		assert.Equal(t, 1, observer.Look(segment).Attached)
	})
	told(t, "qtbridge", func(t *testing.T, env *peertest.Env, qt int) {
		key := nativeKey(env)
		segment, _ := keyFiles(t, key)
		reader := env.Verbs(qt)
		object(reader, "m", key)
		for i := range 100 {
			message := fmt.Appendf(nil, "message %d", i)
			s := mustCreate(t, key, len(message))
			_, err := s.WriteAt(message, 0)
			require.NoError(t, err)
			reader.Must("shm.attach", "m", nil)
			same(t, paged(message), reader.Do("shm.read", "m", nil).Bytes(), "the Qt process")
			same(t, paged(message), env.Raw(segment), "the observer")
			reader.Must("shm.detach", "m", nil)
			require.NoError(t, s.Close())
			require.Nil(t, observer.Look(segment))
		}
		create(reader, key, 8, nil)
		_, err := Create(soon(t), key, 8, ReadWrite)
		requireError(t, err, "create", key, ErrExists)
		mustAttach(t, key, ReadWrite)
		assert.Equal(t, 2, observer.Look(segment).Attached)
	})
}
