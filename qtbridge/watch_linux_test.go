//go:build cgo && linux

package qtbridge

import (
	"fmt"
	"os"
	"path/filepath"
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

// A new segment with the same bytes is a message as well.
func TestWatchSameBytesAnew(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := NativeKey(env.Work + "/key")
		w := startWatch(t, key, WatchOptions{})
		peer := env.Verbs(qt)
		for i := range 5 {
			name := fmt.Sprint(i)
			object(peer, name, key)
			peer.Create(name, 4, []byte("same"))
			m := w.next()
			assert.Equal(t, "same", string(m.Data))
			assert.Equal(t, Created, m.Cause)
			peer.Do("shm.delete", name, nil)
		}
	})
}

// The files of a key are those at the time of the call.
func TestWatchKeepsItsPlace(t *testing.T) {
	env := peertest.New(t)
	t.Chdir(env.Work)
	seq := Watch(soon(t), NativeKey("key"), WatchOptions{})
	require.NoError(t, os.Chdir(env.Other))
	peer := env.Verbs(6)
	create(peer, NativeKey("key"), 5, []byte("hello"))
	for m, err := range seq {
		require.NoError(t, err)
		assert.Equal(t, "hello", string(m.Data))
		break
	}
}

// A file, a missing directory and a loop of links: there is no segment.
func TestWatchWhereNoKeyFileCanBe(t *testing.T) {
	env := peertest.New(t)
	link := filepath.Join(env.Work, "link")
	require.NoError(t, os.Symlink(link, link))
	for _, key := range []Key{NativeKey(env.Work), NativeKey(env.Work + "/none/key"), NativeKey(link)} {
		w := startWatch(t, key, WatchOptions{})
		select {
		case m := <-w.messages:
			assert.Fail(t, "a message", "%+v", m)
		case <-w.errs:
		case <-time.After(50 * time.Millisecond):
		}
		w.stop()
	}
}

// lockID is the id of a lock's semaphore.
func lockID(lock string) int { return observer.LookSemaphore(lock).ID }

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
