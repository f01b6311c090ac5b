//go:build cgo && (linux || windows)

package qtbridge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// legacyKey is the segment of a QtKey by its name, with the lock of the key: the
// nativeIpcKey() of an object with that key.
func legacyKey(t *testing.T, key Key) Key {
	t.Helper()
	segment, _ := keyFiles(t, key)
	legacy, err := ParseKey(ipcText(typeWord, segment, key.Name()))
	require.NoError(t, err)
	return legacy
}

func TestLegacyKeyMeetsSetKey(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		qtKey := QtKey(env.Name() + "&?é")
		key := legacyKey(t, qtKey)
		object(peer, "m", qtKey)
		if peertest.HasIPCKeys(t, qt) {
			require.Equal(t, key.String(), peer.Do("shm.nativeIpcKey", "m", nil).Ret)
		}
		segment, lock := keyFiles(t, key)
		wantSegment, wantLock := keyFiles(t, qtKey)
		require.Equal(t, []string{wantSegment, wantLock}, []string{segment, lock})

		// Qt creates.
		peer.Must("shm.create", "m", peertest.Args{"size": 64})
		peer.Do("shm.write", "m", peertest.Args{"data": []byte("from Qt")})
		s := mustAttach(t, key, ReadWrite)
		assert.True(t, s.Lockable())
		got, err := s.Snapshot(soon(t), nil)
		require.NoError(t, err)
		same(t, env.Raw(segment), got, "Go")
		assert.Equal(t, "from Qt", string(got[:7]))
		excludeEachOther(t, s, peer)
		require.NoError(t, s.Close())
		peer.Must("shm.detach", "m", nil)
		require.Nil(t, observer.Look(segment))

		// Go creates, and makes the lock.
		peer.Do("shm.delete", "m", nil)
		s = mustCreate(t, key, 64)
		require.NoError(t, s.WithLock(soon(t), func() error { return second(s.WriteAt([]byte("from Go"), 0)) }))
		object(peer, "m", qtKey)
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		same(t, env.Raw(segment), peer.Do("shm.read", "m", nil).Bytes(), "the Qt process")
		assert.Equal(t, "from Go", string(peer.Do("shm.read", "m", peertest.Args{"length": 7}).Bytes()))
		excludeEachOther(t, s, peer)
		peer.Must("shm.detach", "m", nil)
		require.NoError(t, s.Close())
		require.Nil(t, observer.Look(segment))
		peer.Do("shm.delete", "m", nil)
		assert.Empty(t, env.Files(env.Tmp))
	})
}

// excludeEachOther requires that a Segment and a peer's object "m" have one lock.
func excludeEachOther(t *testing.T, s *Segment, peer *peertest.Peer) {
	t.Helper()
	peer.Must("shm.lock", "m", nil)
	require.ErrorIs(t, s.TryLock(), ErrLocked)
	peer.Must("shm.unlock", "m", nil)
	require.NoError(t, s.Lock(soon(t)))
	waits := peer.Async("shm.lock", "m", nil)
	select {
	case <-waits:
		t.Fatal("the Qt process got the lock that Go holds")
	case <-time.After(100 * time.Millisecond):
	}
	require.NoError(t, s.Unlock())
	require.True(t, (<-waits).OK())
	peer.Must("shm.unlock", "m", nil)
}

// With another TMPDIR the segment is still found, and its lock is not.
func TestLegacyKeyWithAnotherTMPDIR(t *testing.T) {
	if !hasKeyFiles {
		return
	}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		qtKey := QtKey(env.Name())
		key := legacyKey(t, qtKey)
		create(peer, qtKey, 5, []byte("hello"))
		t.Setenv("TMPDIR", env.Work)
		require.ErrorIs(t, second(Attach(soon(t), qtKey, ReadOnly)), ErrNotFound)
		s := mustAttach(t, key, ReadOnly)
		data := make([]byte, 5)
		require.NoError(t, second(s.ReadAt(data, 0)))
		assert.Equal(t, "hello", string(data))
		_, lock := keyFiles(t, key)
		assert.Contains(t, lock, env.Work)
		require.NoError(t, s.Close())
	})
}

func TestLegacyKeyIsNoSemaphore(t *testing.T) {
	key := legacyKey(t, QtKey("legacyKeyIsNoSemaphore"))
	assert.Equal(t, "legacyKeyIsNoSemaphore", key.LegacyKey())
	_, err := OpenSemaphore(key, 1)
	requireError(t, err, "open", key, ErrKey)
}

func TestSystemVKeyOfAnotherNumber(t *testing.T) {
	if !hasKeyType(systemVKey) {
		return
	}
	key, err := ParseKey("systemv-84:/x")
	require.NoError(t, err)
	_, err = Attach(soon(t), key, ReadOnly)
	requireError(t, err, "attach", key, ErrUnsupported)
}
