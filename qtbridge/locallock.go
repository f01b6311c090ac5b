package qtbridge

import (
	"context"
	"sync"
	"sync/atomic"
)

// localLock lets one goroutine of this process at a time to a semaphore. The
// others wait here, where it costs them no OS thread and a context or a Close can
// call them off; only the one that has it waits in the kernel.
//
// It is free if taken is false, or if it lies in handed. A sync.Mutex cannot be
// called off, and one channel alone, measured at 61 ns to 21 for taking and giving,
// would make a Lock with its Unlock 3 to 4 percent slower.
type localLock struct {
	file    string // key file of the semaphore
	users   int    // of this lock, see localLocks
	taken   atomic.Bool
	waiting atomic.Int32
	handed  chan struct{} // the lock, on its way from one who leaves to one who waits
}

// tryEnter takes the lock if it is free.
func (l *localLock) tryEnter() bool {
	if l.taken.CompareAndSwap(false, true) {
		return true
	}
	select {
	case <-l.handed:
		return true
	default:
		return false
	}
}

// enter takes the lock, in the order of coming, unless closing or ctx ends first:
// it returns which of them did, or nil.
func (l *localLock) enter(ctx context.Context, closing <-chan struct{}) error {
	if l.tryEnter() {
		return nil
	}
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	// Again, for one who left before he could see us waiting.
	if l.tryEnter() {
		return nil
	}
	select {
	case <-l.handed:
		return nil
	case <-closing:
		return ErrClosed
	case <-ctx.Done():
		return ErrLocked
	}
}

// leave hands the lock to one who waits, or frees it. If the one who waits gives
// up meanwhile, it lies in handed for the next to come.
func (l *localLock) leave() {
	for l.waiting.Load() == 0 {
		l.taken.Store(false)
		// One may have begun to wait before this, and found it taken.
		if l.waiting.Load() == 0 || !l.taken.CompareAndSwap(false, true) {
			return
		}
	}
	l.handed <- struct{}{}
}

// localLocks are those in use, by the key file of the semaphore: all Segments of
// one key share a lock.
var localLocks = struct {
	sync.Mutex
	of map[string]*localLock
}{of: make(map[string]*localLock)}

// useLocalLock returns the lock for the semaphore with this key file; close must
// follow.
func useLocalLock(file string) *localLock {
	localLocks.Lock()
	defer localLocks.Unlock()
	l := localLocks.of[file]
	if l == nil {
		l = &localLock{file: file, handed: make(chan struct{}, 1)}
		localLocks.of[file] = l
	}
	l.users++
	return l
}

func (l *localLock) close() {
	localLocks.Lock()
	defer localLocks.Unlock()
	if l.users--; l.users == 0 {
		delete(localLocks.of, l.file)
	}
}
