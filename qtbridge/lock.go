package qtbridge

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"time"
)

// lock is the lock of a segment: the semaphore that QSharedMemory::lock() of
// any process with the same key uses.
type lock struct {
	kernelSemaphore
	gate *gate
	held atomic.Bool // a Lock of the user's holds gate and semaphore
}

// ended is a context that has ended, for a lock that does not wait.
var ended = func() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errNoWait)
	return ctx
}()

var errNoWait = errors.New("it does not wait")

func newLock(key Key, file string) *lock {
	l := &lock{kernelSemaphore: kernelSemaphore{key: key, file: file, initial: 1}, gate: useGate(file)}
	l.countHandles()
	return l
}

// acquire takes gate and semaphore, unless ctx or closing ends first. make says
// whether to have Qt make the semaphore if there is none, as lock() does; else
// that is an ErrNotFound.
func (l *lock) acquire(ctx context.Context, closing <-chan struct{}, op string, make bool) error {
	switch l.gate.enter(ctx, closing) {
	case ErrClosed:
		return closedError(op, l.key)
	case ErrLocked:
		return l.timeout(ctx, op, "another goroutine of this program holds it")
	}
	err := l.take(ctx, closing, op, 1, make)
	if err != nil {
		l.gate.leave()
	}
	return err
}

// tryAcquire takes gate and semaphore if both are to be had at once.
func (l *lock) tryAcquire() bool {
	if !l.gate.tryEnter() {
		return false
	}
	if id, err := l.look(); err == nil && l.takeOnce(id, 1, 0) == nil {
		return true
	}
	l.gate.leave()
	return false
}

// release gives back what acquire took.
func (l *lock) release(op string) error {
	err := l.give()
	l.gate.leave()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ERANGE), isGone(err):
		l.lookAgain()
		return &Error{Op: op, Key: l.key, Code: ErrLockLost, Err: err,
			Msg: "another process reset or removed the lock meanwhile, as create() and the destructor of Qt do; what was written may be mixed with what it wrote: write it again"}
	}
	return l.systemError(op, err)
}

// drop is the end of the lock, after dispose.
func (l *lock) drop() {
	l.end()
	l.gate.drop()
}

// tryBriefly takes the semaphore for a step of ours that Qt guards with it, if
// there is one and it is free or gets free soon. It does not pass the gate.
func (l *lock) tryBriefly(limit time.Duration) bool {
	if l == nil || !l.exists() {
		return false
	}
	id := int(l.id.Load() - 1)
	err := l.takeOnce(id, 1, 0)
	for deadline := time.Now().Add(limit); err != nil && limit > 0 && time.Now().Before(deadline); {
		if isGone(err) {
			break
		}
		err = l.takeOnce(id, 1, time.Until(deadline))
	}
	if isGone(err) {
		l.lookAgain()
	}
	return err == nil
}

// giveBriefly ends what tryBriefly began. The semaphore may be gone by then.
func (l *lock) giveBriefly() { _ = l.give() }

// acquireUnjammed is acquire that sets a jammed lock free before, as create() of
// Qt does to any on Unix.
func (l *lock) acquireUnjammed(ctx context.Context, closing <-chan struct{}, op string) error {
	if l.tryAcquire() {
		return nil // so that the common case is short
	}
	if err := l.unjam(ctx, closing, op); err != nil {
		return err
	}
	return l.acquire(ctx, closing, op, true)
}
