package winobj

import (
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"qtinterop/internal/door"
	"qtinterop/internal/ipc"
)

const semaphoreAllAccess = windows.SEMAPHORE_ALL_ACCESS

// lock is a semaphore that is open. It stays in the system as long as it is.
type lock struct {
	name    string
	handle  windows.Handle // not to be used any more when the door is shut
	open    door.Door
	tracked atomic.Bool // counted in ours
}

// Lock opens the semaphore of a lock, to take and to give.
func (System) Lock(p ipc.Place) (ipc.Lock, error) {
	handle, err := openLock(p, semaphoreAllAccess)
	if err != nil {
		return nil, err
	}
	return &lock{name: p.Lock, handle: handle}, nil
}

// MakeLock is what QSystemSemaphore does with that name and the value 1, which Qt before
// 6.6 cannot be told to: CreateSemaphore, which opens one that there is.
func (System) MakeLock(p ipc.Place) (ipc.Lock, error) {
	name, err := windows.UTF16PtrFromString(p.Lock)
	if err != nil {
		return nil, unusable(p.Lock, err)
	}
	handle, _, err := createSemaphore.Call(0, 1, math.MaxInt32, uintptr(unsafe.Pointer(name)))
	if handle == 0 {
		return nil, openError(p.Lock, err)
	}
	return &lock{name: p.Lock, handle: windows.Handle(handle)}, nil
}

// ID is 0: a semaphore has none.
func (l *lock) ID() int { return 0 }

func (l *lock) Key() int32 { return 0 }

// Take takes n. If this process dies, nobody gives back what it took.
func (l *lock) Take(n int, limit time.Duration) error {
	if !l.open.Enter() {
		return windows.ERROR_INVALID_HANDLE
	}
	defer l.open.Leave()
	err := take(l.handle, n, limit)
	if err == nil {
		l.count(0, n)
	}
	return err
}

// Give gives back the 1 that this process took. It may come after Close, from a
// goroutine that was about to unlock: then a handle is opened for it. If the
// semaphore is gone by then, so is the lock.
func (l *lock) Give() error {
	defer l.count(0, -1)
	if l.open.Enter() {
		defer l.open.Leave()
		return give(l.handle)
	}
	handle, err := openObject(openSemaphore, semaphoreAllAccess, l.name)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	return give(handle)
}

// Add adds n.
func (l *lock) Add(n int) error {
	if !l.open.Enter() {
		return windows.ERROR_INVALID_HANDLE
	}
	defer l.open.Leave()
	_, err := add(l.handle, n)
	return err
}

// Remove does nothing: Windows removes a semaphore that nobody has open.
func (l *lock) Remove() {}

// Track has the lock counted, see ours. Who gives back what another program took
// does so by a lock that is not.
func (l *lock) Track() {
	if !l.open.Enter() {
		return
	}
	defer l.open.Leave()
	if l.tracked.CompareAndSwap(false, true) {
		ours.add(l.name, 1, 0)
	}
}

func (l *lock) count(handles, taken int) {
	if l.tracked.Load() {
		ours.add(l.name, handles, taken)
	}
}

// Close closes the handle, as soon as nobody uses it. The last one to do so
// removes the semaphore.
func (l *lock) Close() {
	l.open.Shut(func() {
		l.count(-1, 0)
		_ = windows.CloseHandle(l.handle)
	})
}
