//go:build cgo && linux

package qtbridge

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// attachAndDelete has a Qt process attach, detach and delete its object.
func attachAndDelete(peer *peertest.Peer, key Key) {
	object(peer, "reader", key)
	peer.Must("shm.attach", "reader", peertest.Args{"mode": "ReadOnly"})
	peer.Do("shm.delete", "reader", nil)
}

// A reader that finds no lock makes one, and deletes the key file with it in the end:
// nobody new finds the segment. Inspect names it. Where Go has created the segment,
// the file stays.
func TestHazardReaderDeletesTheKeyFile(t *testing.T) {
	eachNewPeer(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		old := env.Verbs(5)
		create(old, key, 8, nil)
		if !peerLocks(t, 5, key) {
			attachAndDelete(env.Verbs(qt), key)
			assert.NoFileExists(t, key.Name())
			inspected(t, env, key, KeyFileLost)
		}
		old.Do("shm.delete", key.String(), nil)
		_ = os.Remove(key.Name())

		s := mustCreate(t, key, 8)
		before := *observer.LookSemaphore(key.Name())
		attachAndDelete(env.Verbs(qt), key)
		assert.FileExists(t, key.Name())
		assert.Equal(t, before.ID, observer.LookSemaphore(key.Name()).ID)
		require.NoError(t, s.Close())
		assert.NoFileExists(t, key.Name())
	})
}

// A create() that fails resets a lock that is held, and deletes the key file. That of
// Go does nothing.
func TestHazardSecondCreateWithANativeKey(t *testing.T) {
	eachNewPeer(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		peer, held := holder(t, env, qt, key)
		s, err := Create(soon(t), key, 8, ReadWrite)
		require.Nil(t, s)
		requireError(t, err, "create", key, ErrExists)
		assert.Equal(t, held, *observer.LookSemaphore(key.Name()))

		other := env.Verbs(qt)
		object(other, "m", key)
		require.False(t, other.Do("shm.create", "m", peertest.Args{"size": 8}).OK())
		assert.Equal(t, 1, observer.LookSemaphore(key.Name()).Value, "free, although it is held")
		other.Do("shm.delete", "m", nil)
		assert.NoFileExists(t, key.Name())
		inspected(t, env, key, KeyFileLost)
		peer.Do("shm.delete", "m", nil)
		env.LeavesBehind()
	})
}

// The end of a creator takes key file and lock from those who are attached still.
func TestHazardCreatorTakesTheKeyFileAlong(t *testing.T) {
	eachNewPeer(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		peer := env.Verbs(qt)
		create(peer, key, 8, []byte("content"))
		s := mustAttach(t, key, ReadOnly)
		peer.Do("shm.delete", key.String(), nil)
		assert.NoFileExists(t, key.Name())
		inspected(t, env, key, KeyFileLost)
		got, err := s.Snapshot(soon(t), nil)
		require.NoError(t, err, "what we have is still to be read")
		assert.Equal(t, "content\x00", string(got))
	})
}

// A reader that polls makes a lock for a moment each time it finds nothing. Create
// waits for that to pass. One that keeps its object takes the key file along in the end,
// and nothing keeps it from that: Inspect names it, and a Publisher makes a new segment.
func TestHazardReaderBeforeTheCreator(t *testing.T) {
	eachNewPeer(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		t.Chdir(env.Work) // which links a segment without a key file to the key
		early := env.Verbs(qt)
		object(early, "early", key)
		require.False(t, early.Do("shm.attach", "early", nil).OK())
		require.FileExists(t, key.Name(), "made for nothing")
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		early.Do("shm.delete", "early", nil)
		assert.NoFileExists(t, key.Name())
		inspected(t, env, key, KeyFileLost)
		mustPublish(t, p, "second")
		same(t, []byte("second"), env.Raw(key.Name()), "the observer")
		attachAndDelete(env.Verbs(qt), key)
		requireClean(t, env, p)
	})
}

// Watch waits for the lock of a writer that writes in place.
func TestWatchWakesByTheLockOfANativeKey(t *testing.T) {
	eachNewPeer(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		peer := env.Verbs(qt)
		create(peer, key, 16, []byte("0"))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		n := 0
		for m, err := range Watch(ctx, key, WatchOptions{Poll: 10 * time.Second}) {
			require.NoError(t, err)
			require.Equal(t, byte('0'+n), m.Data[0])
			if n > 0 {
				require.Equal(t, ByLock, m.Means)
			}
			if n++; n == 10 {
				break
			}
			peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": []byte{byte('0' + n)}})
		}
		assert.Equal(t, 10, n)
	})
}

// Nothing is left of a Create that cannot make the lock.
func TestNativeLockNeedsATemporaryDirectory(t *testing.T) {
	env := peertest.New(t)
	key := nativeKey(env)
	t.Setenv("TMPDIR", "/proc")
	_, err := Create(soon(t), key, 5, ReadWrite)
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, []Code{ErrResources, ErrPermission, ErrKey}, e.Code)
	assert.Contains(t, e.Msg, "TMPDIR")
	assert.NoFileExists(t, key.Name())
}

// What a crash left is taken over with its key file, so that the lock stays the same.
func TestCreateOverAnOrphanWithANativeKey(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := nativeKey(env)
		for range 2 {
			orphan(env, qt, key)
			s := mustCreate(t, key, 8)
			require.NoError(t, s.WithLock(soon(t), func() error { return count(s, 1) }))
			assert.Equal(t, 8, len(env.Raw(key.Name())))
			require.NoError(t, s.Close())
			require.NoFileExists(t, key.Name())
		}
	})
}

// A reader that detaches last deletes the key file, and the lock of a writer that was
// killed stays. A Publisher that has waited removes it, so that the reader finds the new
// one with its next attach().
func TestPublishRemovesTheLockOfTheKilled(t *testing.T) {
	for name, opts := range map[string]PublisherOptions{"each": {}, "in-place": {InPlace: 20}} {
		t.Run(name, func(t *testing.T) {
			eachNewPeer(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
				kill := killedWriter(t, env, qt, key)
				inode := env.Other + "/inode" // that no new key file gets
				require.NoError(t, os.Link(key.Name(), inode))
				peer := env.Verbs(qt)
				reading(peer, "m", key)
				kill()
				p := mustPublisher(t, key, opts)
				requireError(t, publishWithin(t, p, 30*time.Millisecond, "new"), "publish", key, ErrBusy)
				peer.Must("shm.detach", "m", nil)
				mustPublish(t, p, "new")
				assert.Nil(t, observer.LookSemaphore(inode))

				peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
				peer.Must("shm.lock", "m", nil)
				assert.Zero(t, observer.LookSemaphore(key.Name()).Value)
				peer.Must("shm.unlock", "m", nil)
				peer.Must("shm.detach", "m", nil)
				requireClean(t, env, p)
			})
		})
	}
}

// Qt says of a key file that goes while it makes the lock that the key is no good. It is
// good: the file went, and another one can have come by then.
func TestNativeLockWhoseFileComesAndGoes(t *testing.T) {
	env := peertest.New(t)
	key := nativeKey(env)
	p, err := key.place("lock")
	require.NoError(t, err)
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !stop.Load() {
			file, err := os.Create(p.Lock)
			assert.NoError(t, err)
			assert.NoError(t, file.Close())
			time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
			assert.NoError(t, os.Remove(p.Lock))
		}
	}()
	made, gone := 0, 0
	for range 3000 {
		semaphore, err := newSemaphoreOf("lock", key, p, 1, native.Open)
		if err != nil {
			gone++
			requireError(t, err, "lock", key, ErrNotFound)
			continue
		}
		made++
		semaphore.Close()
	}
	stop.Store(true)
	<-ended
	t.Logf("made %d, gone %d times", made, gone)
	assert.NotZero(t, made)
	assert.NotZero(t, gone)
}
