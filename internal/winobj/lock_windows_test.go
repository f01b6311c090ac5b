package winobj

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"qtinterop/internal/ipc"
	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func TestTakeAndGive(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		p := withKey(t, peer, env.Name())
		_, err := system.Semaphore(p)
		requireMissing(t, p.Lock, err)
		_, err = system.Lock(p)
		requireMissing(t, p.Lock, err)

		peer.Must("shm.create", "m", peertest.Args{"size": 1})
		requireValue(t, p, 1)
		l := opened(t, p)
		assert.Zero(t, l.ID())

		peer.Must("shm.lock", "m", nil)
		requireValue(t, p, 0)
		require.ErrorIs(t, l.Take(1, 0), ipc.ErrTaken)
		require.ErrorIs(t, l.Take(1, 20*time.Millisecond), ipc.ErrTaken)
		peer.Must("shm.unlock", "m", nil)
		require.NoError(t, l.Take(1, 20*time.Second))
		requireValue(t, p, 0)
		answer := peer.Async("shm.lock", "m", nil)
		select {
		case r := <-answer:
			t.Fatalf("the peer got a lock that is taken: %+v", r)
		case <-time.After(100 * time.Millisecond):
		}
		require.NoError(t, l.Give())
		assert.True(t, (<-answer).OK())
		requireValue(t, p, 0)

		peer.Must("shm.unlock", "m", nil)
		require.ErrorIs(t, l.Give(), ipc.ErrLost, "nobody has it")
		requireValue(t, p, 1)
		require.NoError(t, l.Add(2))
		require.ErrorIs(t, l.Take(4, 0), ipc.ErrTaken)
		requireValue(t, p, 3)
		require.NoError(t, l.Take(2, 0))
	})
}

func TestSemaphoreThatIsFull(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		peer := env.Verbs(qt)
		p := withKey(t, peer, name)
		peer.Do("sem.new", "s", peertest.Args{"key": name, "initial": math.MaxInt32, "mode": "Open"})
		l := opened(t, p)
		require.ErrorIs(t, l.Add(1), ipc.ErrFull)
		require.ErrorIs(t, l.Give(), ipc.ErrLost)
		requireValue(t, p, math.MaxInt32)
	})
}

func TestTakeWaits(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer, p := having(t, env, qt, env.Name())
		l := opened(t, p)
		peer.Must("shm.lock", "m", nil)
		got := make(chan error)
		go func() { got <- l.Take(1, 20*time.Second) }()
		time.Sleep(20 * time.Millisecond)
		l.Close() // does not wait for it, and takes nothing from it
		peer.Must("shm.unlock", "m", nil)
		require.NoError(t, <-got)
		requireValue(t, p, 0)
		state, err := system.Semaphore(p)
		require.NoError(t, err)
		assert.Equal(t, 1, state.Handles, "the peer's")
		require.NoError(t, l.Give())
	})
}

// Whoever was about to give the lock back does so also after Close.
func TestGiveAfterClose(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer, p := having(t, env, qt, env.Name())
		l := opened(t, p)
		l.Track()
		l.Track()
		assert.Equal(t, usage{handles: 1}, ours.get(p.Lock))
		require.NoError(t, l.Take(1, 0))
		assert.Equal(t, usage{handles: 1, taken: 1}, ours.get(p.Lock))
		l.Close()
		l.Close()
		assert.Equal(t, usage{taken: 1}, ours.get(p.Lock))
		l.Track()
		assert.False(t, system.IsJammed(p), "we have it")
		requireValue(t, p, 0)
		require.ErrorIs(t, l.Take(1, 0), windows.ERROR_INVALID_HANDLE)
		require.ErrorIs(t, l.Add(1), windows.ERROR_INVALID_HANDLE)
		require.NoError(t, l.Give())
		requireValue(t, p, 1)
		assert.NotContains(t, ours.of, p.Lock)

		gone := opened(t, p)
		gone.Track()
		require.NoError(t, gone.Take(1, 0))
		gone.Close()
		peer.Kill()
		require.Nil(t, observer.LookSemaphore(p.Lock))
		require.NoError(t, gone.Give(), "so is the lock")
		assert.NotContains(t, ours.of, p.Lock)
	})
}

func TestCloseBesideUse(t *testing.T) {
	env := peertest.New(t)
	_, p := having(t, env, peertest.QtVersions[0], env.Name())
	for range 50 {
		l := opened(t, p)
		l.Track()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 20 {
					if l.Take(1, time.Millisecond) == nil {
						assert.NoError(t, l.Give())
					}
				}
			})
		}
		wg.Go(l.Close)
		wg.Wait()
		assert.NotContains(t, ours.of, p.Lock)
		requireValue(t, p, 1)
	}
}

func TestLocksDoNotAllocate(t *testing.T) {
	env := peertest.New(t)
	_, p := having(t, env, peertest.QtVersions[0], env.Name())
	l := opened(t, p)
	l.Track()
	assert.Zero(t, testing.AllocsPerRun(200, func() { _, _ = l.Take(1, 0), l.Give() }), "take, give")
	assert.Zero(t, testing.AllocsPerRun(200, func() { _, _ = l.Add(1), l.Take(1, time.Second) }), "add, take")
	assert.Zero(t, testing.AllocsPerRun(200, func() { _ = l.Take(2, 0) }), "take what is not there")
}

// A peer of Qt 6.6 or later has the lock of a native key under the same name, whoever
// made it. Names of up to 260 letters and longer ones.
func TestNativeLocks(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, length := range []int{0, 255, 256, 300} {
			name := env.Name()
			name += strings.Repeat("a", max(0, length-len(name)))
			peer := env.Verbs(qt)
			p := withNativeKey(peer, name)
			p.Lock = system.NativeLock(name)
			made, err := system.MakeLock(p)
			require.NoError(t, err)
			requireValue(t, p, 1)
			peer.Must("shm.create", "m", peertest.Args{"size": 8})
			require.NoError(t, made.Take(1, 0))
			again, err := system.MakeLock(p)
			require.NoError(t, err)
			requireValue(t, p, 0)
			again.Close()
			if !peertest.HasIPCKeys(t, qt) {
				assert.False(t, peer.Do("shm.lock", "m", nil).OK())
				made.Close()
				continue
			}
			answer := peer.Async("shm.lock", "m", nil)
			time.Sleep(50 * time.Millisecond)
			require.Empty(t, answer, "lock() of Qt waits")
			require.NoError(t, made.Give())
			require.True(t, (<-answer).OK())
			require.ErrorIs(t, made.Take(1, 0), ipc.ErrTaken)
			made.Close()
			peer.Kill()
			_, err = system.Semaphore(p)
			requireMissing(t, p.Lock, err)
		}
	})
}
