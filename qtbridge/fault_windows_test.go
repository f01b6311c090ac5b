//go:build cgo

package qtbridge

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Windows gives back no lock of a process that died. Whoever wants it is told,
// and does not hang; and the lock is new when nobody has it open any more.
func TestPeerKilledWhileItHoldsTheLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := mustCreate(t, key, 8)
		peer := env.Verbs(qt)
		object(peer, "m", key)
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		peer.Must("shm.lock", "m", nil)
		peer.Kill()
		requireJammed(t, s)
		_, err := Create(soon(t), key, 8, ReadWrite)
		requireError(t, err, "create", key, ErrExists)
		reader := mustAttach(t, key, ReadOnly)
		require.NoError(t, reader.Close(), "attaching and closing does not wait for it")
		require.NoError(t, s.Close())
		requireNewLock(t, env, qt, key)
	})
}

// requireJammed requires that the lock is held by nobody who could give it back.
func requireJammed(t *testing.T, s *Segment) {
	t.Helper()
	segment, lock := keyFiles(t, s.Key())
	require.Equal(t, 1, observer.Look(segment).Attached, "we alone")
	require.Equal(t, 0, observer.LookSemaphore(lock).Value)
	requireError(t, s.TryLock(), "trylock", s.Key(), ErrLocked)
	e := requireError(t, s.Lock(within(t, 100*time.Millisecond)), "lock", s.Key(), ErrLocked)
	assert.Contains(t, e.Msg, "crashed")
	_, err := s.Snapshot(within(t, 20*time.Millisecond), nil)
	requireError(t, err, "snapshot", s.Key(), ErrLocked)
}

// requireNewLock requires that nothing is left, and that a lock made anew works.
func requireNewLock(t *testing.T, env *peertest.Env, qt int, key Key) {
	t.Helper()
	segment, lock := keyFiles(t, key)
	require.Nil(t, observer.Look(segment))
	require.Nil(t, observer.LookSemaphore(lock))
	s := mustCreate(t, key, 8)
	peer := env.Verbs(qt)
	object(peer, "m", key)
	peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
	peer.Must("shm.lock", "m", nil)
	requireError(t, s.TryLock(), "trylock", key, ErrLocked)
	peer.Must("shm.unlock", "m", nil)
	require.NoError(t, s.WithLock(soon(t), func() error { return nil }))
	require.NoError(t, s.Close())
}

// A Go process that dies leaves its lock taken too.
func TestGoKilledWhileItHoldsTheLock(t *testing.T) {
	if name := os.Getenv("QTBRIDGE_TEST_HOLD"); name != "" {
		s, err := Attach(context.Background(), QtKey(name), ReadWrite)
		require.NoError(t, errors.Join(err, s.Lock(context.Background())))
		_ = os.Stdout.Close() // tells that it holds the lock
		time.Sleep(time.Minute)
	}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 8, nil)
		holder := env.StartSelf("TestGoKilledWhileItHoldsTheLock", "QTBRIDGE_TEST_HOLD="+key.Name())
		holder.WaitForEOF()
		answer := peer.Async("shm.lock", key.String(), nil)
		holder.Kill()
		select {
		case <-answer:
			t.Fatal("the Qt process got the lock that a dead process holds")
		case <-time.After(100 * time.Millisecond):
		}
		s := mustAttach(t, key, ReadWrite)
		e := requireError(t, s.Lock(within(t, 20*time.Millisecond)), "lock", key, ErrLocked)
		assert.Contains(t, e.Msg, "crashed")
		peer.Kill()
		requireJammed(t, s)
		require.NoError(t, s.Close())
		requireNewLock(t, env, qt, key)
	})
}

// A segment goes with its last handle: a crash leaves nothing to be read, nor
// to be removed.
func TestCrashedCreatorLeavesNothing(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
			segment, lock := keyFiles(t, key)
			peer := env.Verbs(qt)
			create(peer, key, 5, []byte("stale"))
			peer.Kill()
			require.Nil(t, observer.Look(segment))
			require.Nil(t, observer.LookSemaphore(lock))
			_, err := Attach(soon(t), key, ReadOnly)
			requireError(t, err, "attach", key, ErrNotFound)
			s := mustCreate(t, key, 7)
			assert.Equal(t, make([]byte, pagedSize(7)), env.Raw(segment))
			require.NoError(t, s.Close())
		}
	})
}

// A Qt process that is killed as a reader takes nothing with it.
func TestAttachedPeerKilled(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
			segment, _ := keyFiles(t, key)
			s := mustCreate(t, key, 5)
			peer := env.Verbs(qt)
			object(peer, "m", key)
			peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
			require.Equal(t, 2, observer.Look(segment).Attached)
			peer.Kill()
			assert.Equal(t, 1, observer.Look(segment).Attached)
			_, err := s.WriteAt([]byte("hello"), 0)
			require.NoError(t, err)
			require.NoError(t, s.Close())
			assert.Nil(t, observer.Look(segment))
		}
	})
}

// Qt's create() that meets a segment keeps a handle, with which the segment
// outlives its owner. Ours does not.
func TestHazardFailedCreateKeepsTheSegment(t *testing.T) {
	for _, native := range []bool{false, true} {
		told(t, "plain-Qt", func(t *testing.T, env *peertest.Env, qt int) {
			key := eitherKey(env, native)
			segment, _ := keyFiles(t, key)
			owner, other := env.Verbs(qt), env.Verbs(qt)
			create(owner, key, 5, []byte("hello"))
			object(other, "m", key)
			require.Equal(t, "AlreadyExists", other.Do("shm.create", "m", peertest.Args{"size": 5}).Error)
			owner.Must("shm.detach", key.String(), nil)
			require.NotNil(t, observer.Look(segment))
			assert.Equal(t, paged([]byte("hello")), env.Raw(segment))
			_, err := Create(soon(t), key, 5, ReadWrite)
			requireError(t, err, "create", key, ErrExists)
			other.Do("shm.delete", "m", nil)
			assert.Nil(t, observer.Look(segment))
		})
		told(t, "qtbridge", func(t *testing.T, env *peertest.Env, qt int) {
			key := eitherKey(env, native)
			segment, _ := keyFiles(t, key)
			peer := env.Verbs(qt)
			create(peer, key, 5, []byte("hello"))
			for range 10 {
				_, err := Create(soon(t), key, 5, ReadWrite)
				requireError(t, err, "create", key, ErrExists)
			}
			assert.Equal(t, 1, observer.Look(segment).Attached)
			peer.Must("shm.detach", key.String(), nil)
			require.Nil(t, observer.Look(segment), "although this program runs on")
			s := mustCreate(t, key, 5)
			require.Equal(t, "AlreadyExists", peer.Do("shm.create", key.String(), peertest.Args{"size": 5}).Error)
			require.NoError(t, s.Close())
			require.NotNil(t, observer.Look(segment), "the peer's handle")
			peer.Do("shm.delete", key.String(), nil)
			require.Nil(t, observer.Look(segment))
		})
		told(t, "qtbridge-faster-than-its-look", func(t *testing.T, env *peertest.Env, qt int) {
			key := eitherKey(env, native)
			segment, _ := keyFiles(t, key)
			peer := env.Verbs(qt)
			create(peer, key, 5, nil)
			p := place{Place: ipc.Place{Segment: segment}, system: systemOf(key)}
			c := creation{op: "create", key: key, place: p, size: 5, mode: ReadWrite}
			mem := newMemory("create", key)
			requireError(t, mem.create(p, 5, ReadWrite), "create", key, ErrExists)
			mem.Close()
			assert.Equal(t, 1, observer.Look(segment).Attached, "what creation.create does drops the handle")
			_, err := c.create()
			requireError(t, err, "create", key, ErrExists)
			peer.Do("shm.delete", key.String(), nil)
			assert.Nil(t, observer.Look(segment))
		})
	}
}

func eitherKey(env *peertest.Env, native bool) Key {
	if native {
		return nativeKey(env)
	}
	return QtKey(env.Name())
}
