//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Whatever a watch is doing, the end of its context ends it at once, and leaves
// nothing behind.
func TestWatchEndsInEveryState(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		free, held := QtKey(env.Name()), QtKey(env.Name())
		inPlace, zeros := nativeKey(env), nativeKey(env)
		for _, key := range []Key{free, held, inPlace} {
			create(peer, key, 8, []byte("x"))
		}
		object(peer, "zeros", zeros)
		peer.Must("shm.create", "zeros", peertest.Args{"size": 8})
		peer.Must("shm.lock", held.String(), nil)
		gone := NativeKey(env.Work + "/no/such/directory/key")
		endWatch(t, free, WatchOptions{}) // what the runtime and Qt keep for good
		before := settledPossessions(t)   // of the tests before, too
		for _, row := range []struct {
			name string
			key  Key
			opts WatchOptions
		}{
			{"nothing there", QtKey(env.Name()), WatchOptions{}},
			{"no directory", gone, WatchOptions{}},
			{"waiting for the lock to be taken", free, WatchOptions{}},
			{"staying", free, WatchOptions{Stay: true}},
			{"polling", inPlace, WatchOptions{Poll: time.Millisecond}},
			{"comparing", inPlace, WatchOptions{Stay: true, Poll: time.Millisecond}},
			{"settling", zeros, WatchOptions{Settle: time.Hour}},
			{"lock held by another", held, WatchOptions{}},
		} {
			fastest := time.Hour
			for range 5 {
				fastest = min(fastest, endWatch(t, row.key, row.opts))
			}
			assert.Less(t, fastest, 100*time.Millisecond, row.name)
			after := possessions(t)
			for deadline := time.Now().Add(10 * time.Second); after != before && time.Now().Before(deadline); after = possessions(t) {
				time.Sleep(time.Millisecond)
			}
			assert.Equal(t, before, after, row.name)
		}
		assert.Equal(t, 0, observer.LookSemaphore(second(keyFiles(t, held))).Value)
		assert.Equal(t, 1, observer.LookSemaphore(second(keyFiles(t, free))).Value)
	})
}

// settledPossessions are the possessions once they do not change any more.
func settledPossessions(t *testing.T) string {
	t.Helper()
	last := possessions(t)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		time.Sleep(200 * time.Millisecond)
		now := possessions(t)
		if now == last {
			break
		}
		last = now
	}
	return last
}

// endWatch watches for a moment, and returns how long the end took.
func endWatch(t *testing.T, key Key, opts WatchOptions) time.Duration {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range Watch(ctx, key, opts) {
		}
	}()
	time.Sleep(30 * time.Millisecond)
	start := time.Now()
	cancel()
	<-ended
	return time.Since(start)
}

func watcherCount() int {
	watchers.Lock()
	defer watchers.Unlock()
	return len(watchers.of)
}

// A loop that is left by break, return or panic ends the watch as well.
func TestWatchIsLeft(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	peer := env.Verbs(6)
	create(peer, key, 8, []byte("x"))
	for range Watch(t.Context(), key, WatchOptions{Stay: true}) {
		break
	}
	assert.Panics(t, func() {
		for range Watch(t.Context(), key, WatchOptions{Stay: true}) {
			panic("the loop's")
		}
	})
	assert.Empty(t, watcherOf(key))
	requireAttached(t, first(keyFiles(t, key)), 1)
}
