//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func TestPeerKilledWhileAttached(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
			segment, _ := keyFiles(t, key)
			peer := env.Verbs(qt)
			create(peer, key, 5, []byte("hello"))
			s := mustAttach(t, key, ReadOnly)
			peer.Kill()

			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			assert.Equal(t, paged([]byte("hello")), got, "it lives on as long as we are attached")
			_, err = Create(soon(t), key, 5, ReadWrite)
			requireError(t, err, "create", key, ErrExists)
			require.NoError(t, s.Close())
			assert.Nil(t, observer.Look(segment), "the last one to detach removes it")
			assert.NoFileExists(t, segment)
		}
		// The peer's semaphore outlives it, as with Qt readers only. The next
		// creator becomes its owner.
		env.LeavesBehind()
	})
}

// A segment that nobody is attached to, but whose creator lives, is not taken
// away from it.
func TestAbandonedSegmentOfALivingProcess(t *testing.T) {
	env := peertest.New(t)
	peer := env.Verbs(peertest.QtVersions[0])
	key := nativeKey(env)
	// Qt leaves one behind, without its key file, when it changes directory
	// between create and detach; here the other way round.
	segment, _ := keyFiles(t, key)
	create(peer, key, 5, []byte("hello"))
	before := *observer.Look(segment)
	_, err := Create(soon(t), key, 5, ReadWrite)
	requireError(t, err, "create", key, ErrExists)
	assert.Equal(t, before, *observer.Look(segment))
	require.NoError(t, peer.End())
}

func TestCloseWhileOthersReadAndLock(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
		for range 30 {
			s, err := Create(soon(t), key, 1<<16, ReadWrite)
			require.NoError(t, err)
			var wg sync.WaitGroup
			var ready sync.WaitGroup
			for i := range 6 {
				ready.Add(1)
				wg.Go(func() { ready.Done(); useUntilClosed(t, s, i) })
			}
			ready.Wait()
			require.NoError(t, s.Close())
			wg.Wait()
			require.Empty(t, env.Files(env.Tmp))
			require.Empty(t, env.Files(env.Work))
		}
	}
}

// useUntilClosed uses a Segment in the i-th way until it is closed.
func useUntilClosed(t *testing.T, s *Segment, i int) {
	buf := make([]byte, 1<<16)
	for {
		var err error
		switch i {
		case 0:
			_, err = s.ReadAt(buf, 0)
		case 1:
			_, err = s.WriteAt(buf, 0)
		case 2:
			_, err = s.Snapshot(context.Background(), buf)
		case 3:
			err = s.View(func(data []byte) error { copy(buf, data); return nil })
		default:
			if err = s.Lock(context.Background()); err == nil {
				err = s.Unlock()
			}
		}
		switch {
		case err == nil:
		case isCode(err, ErrClosed):
			return
		case !isCode(err, ErrNoLock):
			t.Errorf("way %d: %v", i, err)
			return
		case s.closed.Load():
			return
		}
	}
}

func isCode(err error, code Code) bool {
	e, ok := err.(*Error)
	return ok && e.Code == code
}

func TestCloseCallsOffWhoWaitsForTheLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 8, nil)
		peer.Must("shm.lock", key.String(), nil)
		_, lock := keyFiles(t, key)
		held := *observer.LookSemaphore(lock)

		s := mustAttach(t, key, ReadWrite)
		got := make(chan error, 3)
		for range 2 {
			go func() { got <- s.Lock(context.Background()) }()
		}
		go func() { _, err := s.Snapshot(context.Background(), nil); got <- err }()
		time.Sleep(30 * time.Millisecond)
		require.NoError(t, s.Close(), "although the peer holds the lock")
		for range 3 {
			require.ErrorIs(t, <-got, ErrClosed)
		}
		assert.Equal(t, held, *observer.LookSemaphore(lock), "the peer still holds it")
		assert.Equal(t, 1, observer.Look(first(keyFiles(t, key))).Attached)
		peer.Must("shm.unlock", key.String(), nil)
	})
}

// A creator that closes while a peer holds the lock leaves the semaphore to it:
// Qt's destructor would remove it under the peer's hands.
func TestCreatorClosesWhileThePeerHoldsTheLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		s := mustCreate(t, key, 8)
		peer := env.Verbs(qt)
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		peer.Must("shm.lock", "m", nil)
		require.NoError(t, s.Close())
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
		require.NotNil(t, observer.LookSemaphore(lock))
		peer.Must("shm.unlock", "m", nil)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
		env.LeavesBehind() // the semaphore, which belongs to nobody now
	})
}

func TestCloseGivesTheLockBack(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 8, nil)
		s := mustAttach(t, key, ReadWrite)
		require.NoError(t, s.Lock(soon(t)))
		answer := peer.Async("shm.lock", key.String(), nil)
		time.Sleep(20 * time.Millisecond)
		require.NoError(t, s.Close())
		assert.True(t, (<-answer).OK())
		peer.Must("shm.unlock", key.String(), nil)
		assert.Equal(t, 1, observer.LookSemaphore(second(keyFiles(t, key))).Value)
	})
}

// Close within View cannot wait for the View; the segment detaches afterwards.
func TestCloseWithinView(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	s := mustCreate(t, key, 8)
	err := s.View(func(data []byte) error {
		err := s.Close()
		data[0] = 'x' // still attached
		return err
	})
	requireError(t, err, "close", key, ErrBusy)
	assert.Empty(t, env.Files(env.Tmp), "detached when the View ended")
}

// Segments that nobody refers to are closed by the garbage collector.
func TestForgottenSegment(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	_, err := Create(soon(t), key, 8, ReadWrite)
	require.NoError(t, err)
	segment, _ := keyFiles(t, key)
	require.NotNil(t, observer.Look(segment))
	for ctx := soon(t); (observer.Look(segment) != nil || len(env.Files(env.Tmp)) > 0) && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		runtime.GC()
	}
	assert.Nil(t, observer.Look(segment))
	assert.Empty(t, env.Files(env.Tmp))
}

// A writer that never stops, without a lock, is an error at last, not a hang;
// one that pauses is not.
func TestSnapshotOfWhatDoesNotHoldStill(t *testing.T) {
	env := peertest.New(t)
	key := nativeKey(env)
	s := mustCreate(t, key, 1<<20)
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for data := make([]byte, 1<<20); !stop.Load(); {
			for i := 0; i < len(data); i += 4096 {
				data[i]++
			}
			_, _ = s.WriteAt(data, 0)
		}
	})
	_, err := s.Snapshot(within(t, 50*time.Millisecond), nil)
	stop.Store(true)
	wg.Wait()
	if err != nil { // on one core the writer may pause
		requireError(t, err, "snapshot", key, ErrUnstable)
	}
	_, err = s.Snapshot(soon(t), nil)
	require.NoError(t, err)
}
