//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// rounds is how often each side counts up.
const rounds = 20_000

// count counts the 64-bit number at the start of the segment up n times, with a
// pause between reading and writing that only a lock makes harmless.
func count(s *Segment, n int) error {
	var buf [8]byte
	for range n {
		if _, err := s.ReadAt(buf[:], 0); err != nil {
			return err
		}
		runtime.Gosched()
		binary.LittleEndian.PutUint64(buf[:], binary.LittleEndian.Uint64(buf[:])+1)
		if _, err := s.WriteAt(buf[:], 0); err != nil {
			return err
		}
	}
	return nil
}

// countTogether has Go and a Qt process count at the same time and returns the
// sum, as the observer sees it, and what it must be. Without the lock Go goes on
// until the Qt process is done, so that they do meet.
func countTogether(t *testing.T, env *peertest.Env, qt int, locked bool) (sum, want uint64) {
	t.Helper()
	peer := env.Verbs(qt)
	key := QtKey(env.Name())
	s := mustCreate(t, key, 8)
	peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
	peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
	answer := peer.Async("shm.count", "m", peertest.Args{"n": rounds, "lock": locked})
	for want < rounds || !locked && len(answer) == 0 && want < 5000*rounds {
		if locked {
			require.NoError(t, s.WithLock(soon(t), func() error { return count(s, 1) }))
		} else {
			require.NoError(t, count(s, 1))
		}
		want++
	}
	r := <-answer
	require.EqualValues(t, rounds, r.Ret, "the Qt process counted to the end")
	require.Zero(t, r.LockFailed+r.UnlockFailed)
	sum = binary.LittleEndian.Uint64(env.Raw(first(keyFiles(t, key))))
	require.NoError(t, s.Close())
	return sum, want + rounds
}

func TestLockExcludesAQtProcess(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		sum, want := countTogether(t, env, qt, true)
		assert.Equal(t, want, sum)
	})
}

// Without the lock the same test loses updates: it can fail.
func TestWithoutTheLockUpdatesAreLost(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for range 20 { // on a busy machine they may have but one processor
			if sum, want := countTogether(t, env, qt, false); sum < want {
				t.Logf("%d of %d", sum, want)
				return
			}
		}
		t.Fatal("no update was lost")
	})
}

func TestQtWaitsForGo(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		s := mustCreate(t, key, 8)
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		require.NoError(t, s.Lock(soon(t)))
		answer := peer.Async("shm.lock", "m", nil)
		select {
		case <-answer:
			t.Fatal("the Qt process got the lock that Go holds")
		case <-time.After(200 * time.Millisecond):
		}
		require.NoError(t, s.Unlock())
		assert.True(t, (<-answer).OK())
		requireError(t, s.TryLock(), "trylock", key, ErrLocked)
		peer.Must("shm.unlock", "m", nil)
		require.NoError(t, s.TryLock())
		require.NoError(t, s.Unlock())
	})
}

func TestGoWaitsForQt(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		peer.Must("shm.create", "m", peertest.Args{"size": 8})
		peer.Must("shm.lock", "m", nil)
		s := mustAttach(t, key, ReadWrite) // Qt's attach() would wait for the lock

		start := time.Now()
		err := s.Lock(within(t, 120*time.Millisecond))
		assert.GreaterOrEqual(t, time.Since(start), 120*time.Millisecond)
		e := requireError(t, err, "lock", key, ErrLocked)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Contains(t, e.Msg, "wait longer")

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		err = s.Lock(ctx)
		requireError(t, err, "lock", key, ErrLocked)
		assert.ErrorIs(t, err, context.Canceled)

		_, err = s.Snapshot(within(t, 30*time.Millisecond), nil)
		requireError(t, err, "snapshot", key, ErrLocked)

		got := make(chan error, 1)
		go func() { got <- s.Lock(context.Background()) }()
		time.Sleep(150 * time.Millisecond) // several waits in the kernel
		peer.Must("shm.unlock", "m", nil)
		require.NoError(t, <-got)
		assert.Equal(t, 0, observer.LookSemaphore(second(keyFiles(t, key))).Value)
		require.NoError(t, s.Unlock())
		require.NoError(t, s.Close())
	})
}

// A native key has a lock since Qt 6.6, if a program with such a Qt has made it.
func TestNativeKeysHaveNoLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		if peertest.HasIPCKeys(t, qt) {
			return // see nativelock_linux_test.go
		}
		peer := env.Verbs(qt)
		key := nativeKey(env)
		peer.Do("shm.new", "m", nil)
		peer.Do("shm.setNativeKey", "m", peertest.Args{"key": key.Name()})
		peer.Must("shm.create", "m", peertest.Args{"size": 8})
		lock := peer.Do("shm.lock", "m", nil)
		assert.False(t, lock.OK())
		assert.Equal(t, "LockError", lock.Error)

		s := mustAttach(t, key, ReadWrite)
		assert.False(t, s.Lockable())
		requireError(t, s.Lock(soon(t)), "lock", key, ErrNoLock)
		requireError(t, s.TryLock(), "trylock", key, ErrNoLock)
		requireError(t, s.WithLock(soon(t), func() error { t.Error("called"); return nil }), "lock", key, ErrNoLock)
		requireError(t, s.Unlock(), "unlock", key, ErrNotLocked)
		require.NoError(t, s.Close())
	})
}

func TestWithLock(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	s := mustCreate(t, key, 8)
	_, lock := keyFiles(t, key)
	mine := errors.New("mine")
	assert.Equal(t, mine, s.WithLock(soon(t), func() error {
		assert.Equal(t, 0, observer.LookSemaphore(lock).Value)
		_, err := s.Snapshot(soon(t), nil)
		assert.NoError(t, err, "no deadlock with oneself")
		return mine
	}))
	assert.PanicsWithValue(t, "mine", func() {
		_ = s.WithLock(soon(t), func() error { panic("mine") })
	})
	assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
	err := s.WithLock(soon(t), func() error { return errors.Join(mine, s.Unlock()) })
	assert.ErrorIs(t, err, mine)
	assert.ErrorIs(t, err, ErrNotLocked)
}

// Goroutines and Segments of one process exclude each other as processes do.
func TestLockBetweenGoroutines(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	segments := []*Segment{mustCreate(t, key, 8), mustAttach(t, key, ReadWrite)}
	var wg sync.WaitGroup
	for i := range 8 {
		s := segments[i%2]
		wg.Go(func() {
			for range 500 {
				assert.NoError(t, s.WithLock(soon(t), func() error { return count(s, 1) }))
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 4000, binary.LittleEndian.Uint64(env.Raw(first(keyFiles(t, key)))))

	require.NoError(t, segments[0].Lock(soon(t)))
	requireError(t, segments[1].TryLock(), "trylock", key, ErrLocked)
	requireError(t, segments[0].TryLock(), "trylock", key, ErrLocked)
	err := segments[1].Lock(within(t, 20*time.Millisecond))
	e := requireError(t, err, "lock", key, ErrLocked)
	assert.Contains(t, e.Msg, "another goroutine")
	require.NoError(t, segments[0].Unlock())
	assert.Len(t, localLocks.of, 1)
	require.NoError(t, segments[0].Close())
	require.NoError(t, segments[1].Close())
	assert.Empty(t, localLocks.of)
}
