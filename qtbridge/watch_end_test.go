//go:build cgo && linux

package qtbridge

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// Whatever a watch is doing, the end of its context ends it at once, and leaves
// nothing behind.
func TestWatchEndsInEveryState(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		free, held := QtKey(env.Name()), QtKey(env.Name())
		inPlace, zeros := NativeKey(env.Work+"/inPlace"), NativeKey(env.Work+"/zeros")
		for _, key := range []Key{free, held, inPlace} {
			create(peer, key, 8, []byte("x"))
		}
		object(peer, "zeros", zeros)
		peer.Must("shm.create", "zeros", peertest.Args{"size": 8})
		peer.Must("shm.lock", held.String(), nil)
		gone := NativeKey(env.Work + "/no/such/directory/key")
		endWatch(t, free, WatchOptions{}) // what the runtime and Qt keep for good
		time.Sleep(100 * time.Millisecond)
		before := possessions(t)
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

// possessions are the goroutines, descriptors and mappings of segments that this
// process has.
func possessions(t *testing.T) string {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	return fmt.Sprintf("%d goroutines, %d descriptors, %d mappings, %d watchers", runtime.NumGoroutine(), len(files),
		strings.Count(string(maps), "/SYSV"), watcherCount())
}

func watcherCount() int {
	watchers.Lock()
	defer watchers.Unlock()
	return len(watchers.of)
}

// Watches that come and go use the same threads again.
func TestWatchLeavesNoThreads(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	peer := env.Verbs(6)
	create(peer, key, 8, []byte("x"))
	var counts []int
	for range 40 {
		endWatch(t, key, WatchOptions{})
		tasks, err := os.ReadDir("/proc/self/task")
		require.NoError(t, err)
		counts = append(counts, len(tasks))
	}
	assert.LessOrEqual(t, slices.Max(counts[20:]), slices.Max(counts[:20])+2, "%v", counts)
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
	assert.Equal(t, 1, observer.Look(first(keyFiles(t, key))).Attached)
}
