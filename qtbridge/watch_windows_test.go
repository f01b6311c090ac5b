//go:build cgo && windows

package qtbridge

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// lockID is the id of a lock's semaphore; on Windows there are none.
func lockID(string) int { return 0 }

var processHandleCount = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetProcessHandleCount")

// possessions are the goroutines and handles that this process has.
func possessions(t *testing.T) string {
	t.Helper()
	var handles uint32
	ok, _, err := processHandleCount.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&handles)))
	require.NotZero(t, ok, "%v", err)
	require.NotZero(t, handles)
	return fmt.Sprintf("%d goroutines, %d handles, %d watchers", runtime.NumGoroutine(), handles, watcherCount())
}

// clearUp waits until what a crash has left of a key is gone.
func clearUp(t *testing.T, key Key) {
	t.Helper()
	segment, _ := keyFiles(t, key)
	require.Eventually(t, func() bool { return observer.Look(segment) == nil }, 20*time.Second, time.Millisecond)
}

// A peer that dies with the lock in hand does not keep a watch from anything but
// the content. There is nothing to mend: lock and segment go with those who have
// them open, and new ones can be made.
func TestWatchOfAPeerThatDiedWithTheLock(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		key := QtKey(env.Name())
		segment, _ := keyFiles(t, key)
		peer, other := env.Verbs(qt), env.Verbs(qt)
		create(peer, key, 8, []byte("before.."))
		reading(other, "m", key)
		w := startWatch(t, key, opts)
		w.until(paged([]byte("before..")))
		peer.Must("shm.lock", key.String(), nil)
		peer.Do("shm.write", key.String(), peertest.Args{"data": []byte("half")})
		peer.Kill()
		e := requireError(t, w.nextError(), "watch", key, ErrLocked)
		require.Contains(t, e.Msg, "if one crashed while it held the lock")
		w.none(50 * time.Millisecond)
		require.NoError(t, other.End())
		for m := w.next(); m.Cause != Removed; m = w.next() {
		}
		require.Nil(t, observer.Look(segment))
		peer = env.Verbs(qt)
		create(peer, key, 8, []byte("after..."))
		require.Equal(t, paged([]byte("after...")), w.next().Data)
		peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": []byte("again...")})
		require.Equal(t, paged([]byte("again...")), w.next().Data)
	})
}

// What cannot be the name of a segment, or is that of something else, can be
// watched in vain.
func TestWatchWhereNoSegmentCanBe(t *testing.T) {
	env := peertest.New(t)
	peer := env.Verbs(6)
	name := env.Name()
	peer.Do("sem.new", "s", peertest.Args{"key": name, "initial": 1})
	_, semaphore := keyFiles(t, QtKey(name))
	for _, key := range []Key{NativeKey(`a\b\c`), NativeKey(semaphore), NativeKey(strings.Repeat("x", 400))} {
		w := startWatch(t, key, WatchOptions{})
		select {
		case m := <-w.messages:
			require.Fail(t, "a message", "%+v", m)
		case err := <-w.errs:
			t.Log(err)
		case <-time.After(100 * time.Millisecond):
		}
		w.stop()
	}
}
