package qtbridge

import (
	"context"
	"errors"
)

// Lock takes the lock that QSharedMemory::lock() takes, in any process, and
// waits for it until ctx ends: that is an [ErrLocked] with the context's error
// in it. A deadline is kept exactly; a cancellation or a Close is noticed within
// 50 ms.
//
// Like a [sync.Mutex], the lock belongs to the Segment and not to a goroutine:
// a second Lock waits until somebody unlocks, or until ctx ends. The kernel
// gives the lock back if this process dies. With a native key there
// may be none, and Lock returns [ErrNoLock] at once: see [Segment.Lockable]. If there is no
// semaphore, Qt makes one, and closing the Segment removes it.
//
// Windows gives nothing back: a lock whose holder died stays taken as long as
// anybody has it open, and Lock returns an [ErrLocked] when ctx ends. It is free
// again when all programs that use the key have closed it. Nor is anything given
// back with a [PosixKey], until [Recover]. There the lock is made by Qt, and stays.
//
// Other errors: [ErrClosed], also for a Close while Lock waits, [ErrPermission],
// [ErrResources].
func (s *Segment) Lock(ctx context.Context) error {
	return s.takeLock(&request{ctx: ctx, op: "lock", asks: true})
}

// TryLock is [Segment.Lock] that does not wait: if anybody holds the lock it
// returns [ErrLocked].
func (s *Segment) TryLock() error { return s.takeLock(&request{ctx: ended, op: "trylock"}) }

// ended is a context that has ended, for a lock that does not wait.
var ended = func() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errNoWait)
	return ctx
}()

var errNoWait = errors.New("it does not wait")

func (s *Segment) takeLock(r *request) error {
	if err := s.enter(r.op); err != nil {
		return err
	}
	defer s.leave()
	if s.lock == nil {
		return s.noLock(r.op, nil)
	}
	r.closing, r.makes = s.called, s.lock.makes()
	err := s.lock.acquire(r)
	if isNotFound(err) && !r.makes {
		return s.noLock(r.op, err)
	}
	if err == nil {
		s.lock.held.Store(true)
	}
	return err
}

func (s *Segment) noLock(op string, err error) error {
	return &Error{Op: op, Key: s.key, Code: ErrNoLock, Err: err,
		Msg: "with a native key Qt has one since 6.6, and no such program has made it; older Qt programs do not lock; read with Snapshot, write at once with WriteAt"}
}

// Unlock gives the lock back (QSharedMemory::unlock). Any goroutine may do so.
// Without a lock it is an [ErrNotLocked]. It does not wait.
//
// It is an [ErrLockLost] if another process removed or reset the lock meanwhile:
// then somebody else may have written at the same time, and the Segment does not
// hold the lock any more. Not every loss is noticed: if somebody has taken the
// lock after the reset, Unlock gives back theirs.
func (s *Segment) Unlock() error { return s.unlock("unlock") }

// unlock needs no door: it does not touch the memory, and whoever clears held
// is the one to give the lock back.
func (s *Segment) unlock(op string) error {
	if s.lock == nil || !s.lock.held.CompareAndSwap(true, false) {
		if s.closed.Load() {
			return closedError(op, s.key)
		}
		return &Error{Op: op, Key: s.key, Code: ErrNotLocked,
			Msg: "this Segment does not hold the lock; call Lock before"}
	}
	return s.lock.release(op)
}

// WithLock calls f while it holds the lock, and returns the errors of locking,
// of f and of unlocking. The lock is given back also if f panics. f must not
// call Lock.
func (s *Segment) WithLock(ctx context.Context, f func() error) (err error) {
	if err := s.Lock(ctx); err != nil {
		return err
	}
	defer func() {
		if unlockErr := s.Unlock(); err == nil {
			err = unlockErr
		} else if unlockErr != nil {
			err = errors.Join(err, unlockErr)
		}
	}()
	return f()
}
