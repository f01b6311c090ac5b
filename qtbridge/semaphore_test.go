//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func closingSemaphore(t testing.TB, s *Semaphore, err error) *Semaphore {
	t.Helper()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func openSem(t testing.TB, key Key, initial int) *Semaphore {
	t.Helper()
	s, err := OpenSemaphore(key, initial)
	return closingSemaphore(t, s, err)
}

func value(t testing.TB, s *Semaphore) int {
	t.Helper()
	n, err := s.Value()
	require.NoError(t, err)
	return n
}

func TestSemaphoreWithAQtProcess(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := openSem(t, key, 2)
		assert.Equal(t, key, s.Key())
		assert.Equal(t, hasKeyFiles, s.Owner())
		peer := env.Verbs(qt)
		peerSemaphore(peer, key, 99, "Open")
		assert.Equal(t, 2, value(t, s), "who opens it does not change it")

		peer.Must("sem.acquire", "s", nil)
		require.NoError(t, s.Acquire(soon(t)))
		requireError(t, s.TryAcquire(), "tryacquire", key, ErrLocked)

		answer := peer.Async("sem.acquire", "s", nil)
		select {
		case <-answer:
			t.Fatal("the Qt process acquired what is not there")
		case <-time.After(100 * time.Millisecond):
		}
		require.NoError(t, s.Release(1))
		assert.True(t, (<-answer).OK())

		got := make(chan error, 1)
		go func() { got <- s.AcquireN(context.Background(), 3) }()
		peer.Must("sem.release", "s", peertest.Args{"n": 2})
		select {
		case err := <-got:
			t.Fatalf("acquired 3 of 2: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
		if hasKeyFiles { // on Windows it comes and goes: see AcquireN
			assert.Equal(t, 2, value(t, s), "nothing is taken halfway")
		}
		peer.Must("sem.release", "s", nil)
		require.NoError(t, <-got)
		_, lock := keyFiles(t, key)
		assert.Equal(t, 0, observer.LookSemaphore(lock).Value)
		require.NoError(t, s.Close())
		if !hasKeyFiles {
			require.NotNil(t, observer.LookSemaphore(lock), "the peer has it open")
			peer.Do("sem.delete", "s", nil)
		}
		assert.Nil(t, observer.LookSemaphore(lock), "its owner, or the last one, has removed it")
	})
}

func TestSemaphoreTimeLimits(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	s := openSem(t, key, 0)
	start := time.Now()
	err := s.Acquire(within(t, 120*time.Millisecond))
	assert.GreaterOrEqual(t, time.Since(start), 120*time.Millisecond)
	requireError(t, err, "acquire", key, ErrLocked)
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	got := make(chan error, 5)
	for range 5 {
		go func() { got <- s.Acquire(context.Background()) }()
	}
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, s.Close())
	for range 5 {
		assert.ErrorIs(t, <-got, ErrClosed)
	}
	requireError(t, s.Close(), "close", key, ErrClosed)
	requireError(t, s.Release(1), "release", key, ErrClosed)
	requireError(t, s.TryAcquire(), "tryacquire", key, ErrClosed)
	_, err = s.Value()
	requireError(t, err, "value", key, ErrClosed)
	assert.Empty(t, localLocks.of)
}

// Semaphores that nobody refers to are closed by the garbage collector.
func TestForgottenSemaphore(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	_, err := OpenSemaphore(key, 1)
	require.NoError(t, err)
	_, file := keyFiles(t, key)
	require.NotNil(t, observer.LookSemaphore(file))
	for ctx := soon(t); (observer.LookSemaphore(file) != nil || len(env.Files(env.Tmp)) > 0) && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		runtime.GC()
	}
	assert.Nil(t, observer.LookSemaphore(file))
	assert.Empty(t, env.Files(env.Tmp))
}

func TestSemaphoreBadInput(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	for _, initial := range []int{-1, MaxCount + 1, math.MaxInt} {
		_, err := OpenSemaphore(key, initial)
		requireError(t, err, "open", key, ErrCount)
		_, err = CreateSemaphore(key, initial)
		requireError(t, err, "open", key, ErrCount)
	}
	for _, bad := range []Key{{}, NativeKey("x"), QtKey("a\x00b")} {
		_, err := OpenSemaphore(bad, 1)
		requireError(t, err, "open", bad, ErrKey)
	}
	assert.Empty(t, env.Files(env.Tmp))

	s := openSem(t, key, MaxCount)
	for _, n := range []int{0, -1, MaxCount + 1, math.MinInt} {
		requireError(t, s.AcquireN(soon(t), n), "acquire", key, ErrCount)
		requireError(t, s.Release(n), "release", key, ErrCount)
	}
	if hasKeyFiles { // Windows counts on
		requireError(t, s.Release(1), "release", key, ErrResources)
	}
	assert.Equal(t, MaxCount, value(t, s))
	require.NoError(t, s.AcquireN(soon(t), MaxCount))
	require.NoError(t, s.Release(MaxCount))
}

// A thousand goroutines share what there is, and wait without an OS thread each.
func TestSemaphoreOfManyGoroutines(t *testing.T) {
	env := peertest.New(t)
	s := openSem(t, QtKey(env.Name()), 3)
	var mu sync.Mutex
	var inside, most int
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			assert.NoError(t, s.Acquire(context.Background()))
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			time.Sleep(10 * time.Microsecond)
			mu.Lock()
			inside--
			mu.Unlock()
			assert.NoError(t, s.Release(1))
		})
	}
	wg.Wait()
	assert.LessOrEqual(t, most, 3)
	assert.Positive(t, most)
	assert.Equal(t, 3, value(t, s))
}
