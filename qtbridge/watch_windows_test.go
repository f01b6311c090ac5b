//go:build cgo && windows

package qtbridge

import (
	"fmt"
	"os"
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

// possessions are the goroutines, and the handles on segments and semaphores,
// that this process has. Other handles come and go with the threads of Go.
func possessions(t *testing.T) string {
	t.Helper()
	mapping, err := windows.CreateFileMapping(windows.InvalidHandle, nil, windows.PAGE_READWRITE, 0, 1, nil)
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(mapping) }()
	semaphore, _, err := createSemaphore.Call(0, 1, 1, 0)
	require.NotZero(t, semaphore, "%v", err)
	defer func() { _ = windows.CloseHandle(windows.Handle(semaphore)) }()
	counts, kinds := map[uint8]int{}, map[windows.Handle]uint8{}
	for _, h := range ownHandles(t) {
		counts[h.kind]++
		kinds[windows.Handle(h.value)] = h.kind
	}
	require.NotEqual(t, kinds[mapping], kinds[windows.Handle(semaphore)])
	return fmt.Sprintf("%d goroutines, %d mappings, %d semaphores, %d watchers", runtime.NumGoroutine(),
		counts[kinds[mapping]], counts[kinds[windows.Handle(semaphore)]], watcherCount())
}

var createSemaphore = windows.NewLazySystemDLL("kernel32.dll").NewProc("CreateSemaphoreW")

// handle is SYSTEM_HANDLE_TABLE_ENTRY_INFO.
type handle struct {
	pid    uint16
	_      uint16
	kind   uint8
	_      uint8
	value  uint16
	_      uintptr
	access uint32
}

// ownHandles are the handles of this process. Under Wine 8.0,
// GetProcessHandleCount is always 0.
func ownHandles(t *testing.T) (own []handle) {
	t.Helper()
	buf := make([]byte, 1<<22)
	require.NoError(t, windows.NtQuerySystemInformation(windows.SystemHandleInformation,
		unsafe.Pointer(unsafe.SliceData(buf)), uint32(len(buf)), nil))
	n := *(*uint32)(unsafe.Pointer(unsafe.SliceData(buf)))
	all := unsafe.Slice((*handle)(unsafe.Pointer(&buf[8])), n)
	for _, h := range all {
		if int(h.pid) == os.Getpid() {
			own = append(own, h)
		}
	}
	require.NotEmpty(t, own)
	return own
}

// clearUp waits until what a crash has left of a key is gone.
func clearUp(t *testing.T, key Key, _ []int) {
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
		require.Contains(t, e.Msg, "Policy.BreakLock")
		w.none(50 * time.Millisecond)
		other.Kill() // its destructor would wait for the lock for ever
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
