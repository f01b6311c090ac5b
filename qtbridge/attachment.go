package qtbridge

import (
	"fmt"
	"sync/atomic"
	"time"

	"qtinterop/internal/door"
	"qtinterop/native"
)

// closeLimit is how long Close waits for those who still use the memory.
const closeLimit = time.Second

// attachment is what a Segment holds on to: one Qt object that is attached, and
// the lock. It goes away once, when it is closed and nobody is inside.
type attachment struct {
	key     Key
	file    string // key file of the segment
	mem     *native.SharedMemory
	data    []byte // the mapping; only to be touched inside the door
	lock    *lock  // nil if segments of this kind have none
	door    door.Door
	closed  atomic.Bool
	closing chan struct{} // closed to call off those who wait for the lock
	gone    chan struct{} // closed when detached
	err     error         // of detaching, set before gone is closed
}

func newAttachment(key Key, file string, mem *native.SharedMemory, l *lock) *attachment {
	return &attachment{
		key: key, file: file, mem: mem, data: mem.Data(), lock: l,
		closing: make(chan struct{}), gone: make(chan struct{}),
	}
}

// enter lets a method op use the memory; leave must follow.
func (a *attachment) enter(op string) error {
	if a.door.Enter() {
		return nil
	}
	return closedError(op, a.key)
}

func (a *attachment) leave() { a.door.Leave() }

func closedError(op string, key Key) error {
	return &Error{Op: op, Key: key, Code: ErrClosed,
		Msg: "the Segment was closed before; attach again"}
}

// close closes the attachment and waits until it is gone, up to a limit.
func (a *attachment) close() error {
	if !a.closed.CompareAndSwap(false, true) {
		return closedError("close", a.key)
	}
	close(a.closing)
	a.door.Shut(a.detach)
	select {
	case <-a.gone:
		return a.err
	case <-time.After(closeLimit):
		return &Error{Op: "close", Key: a.key, Code: ErrBusy,
			Msg: fmt.Sprintf("a View or a copy has not ended in %v; the segment detaches when it does", closeLimit)}
	}
}

// detach undoes everything, in the order that leaves others undisturbed: the
// lock is held, if it can be had, while Qt detaches, which may remove the
// segment, and while Qt removes a semaphore that is ours. Nobody else can hold
// it then.
func (a *attachment) detach() {
	defer close(a.gone)
	held := a.lock != nil && a.lock.held.CompareAndSwap(true, false)
	guarded := held || a.lock.tryBriefly(0) || a.lock.tryBriefly(a.waitForLock())
	a.data = nil
	a.err = a.detachMemory()
	if a.lock == nil {
		return
	}
	a.lock.dispose(guarded)
	if guarded {
		a.lock.giveBriefly()
	}
	if held {
		a.lock.gate.leave()
	}
	a.lock.gate.drop()
}

// waitForLock is how long detaching waits for the lock. Only what removes the
// segment or the semaphore is better done with the lock in hand.
func (a *attachment) waitForLock() time.Duration {
	if a.lock == nil {
		return 0
	}
	state, err := native.LookSegment(a.file)
	if err == nil && state.Attached > 1 && !a.lock.isOwner() {
		return 0
	}
	return courtesy
}

func (a *attachment) detachMemory() error {
	err := a.mem.Detach()
	attached := a.mem.IsAttached()
	a.mem.Close()
	if err == nil || !attached && isUnexplained(err) {
		// Qt also answers false, with no error set, when it detached from and
		// removed a segment whose key file somebody had deleted before.
		return nil
	}
	return qtError("close", a.key, err)
}
