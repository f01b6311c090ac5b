package qtbridge

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"qtinterop/native"
)

// kernelSemaphore is the System V semaphore behind a QSystemSemaphore or the
// lock of a QSharedMemory. Qt's own acquire() has no time limit, so it is taken
// with package native; making and removing it is left to Qt.
type kernelSemaphore struct {
	key     Key
	file    string       // key file
	initial int          // value of one that Qt makes
	id      atomic.Int64 // plus 1; 0 as long as it is not known
	handleState

	mu    sync.Mutex
	own   *native.SystemSemaphore // set if Qt had to make it; its destructor removes it
	ownID int                     // of the semaphore that own has; -1 if not known
}

// take takes n from the semaphore, unless ctx or closing ends first. It may
// vanish at any time, with the Qt object that made it; then the next one to come
// makes a new one, if make says so. Else that is an ErrNotFound.
func (s *kernelSemaphore) take(ctx context.Context, closing <-chan struct{}, op string, n int, make bool) error {
	for {
		id, err := s.find(op, make)
		if err != nil {
			return err
		}
		if err = s.takeOnce(id, n, 0); err == nil {
			return nil // so that the common case is short
		}
		for errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
			select {
			case <-closing:
				return closedError(op, s.key)
			case <-ctx.Done():
				return s.timeout(ctx, op, s.holder(ctx != ended))
			default:
			}
			err = s.takeOnce(id, n, waitTime(ctx))
		}
		switch {
		case err == nil:
			return nil
		case !isGone(err):
			return s.systemError(op, err)
		case ctx.Err() != nil:
			return s.timeout(ctx, op, "the semaphore comes and goes")
		}
		s.forget(id)
	}
}

// forget makes the next find look again, for id is no more.
func (s *kernelSemaphore) forget(id int) { s.id.CompareAndSwap(int64(id)+1, 0) }

// waitTime is how long to wait in the kernel: exactly to the deadline of ctx if
// that is near.
func waitTime(ctx context.Context) time.Duration {
	wait := patience
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline))
	}
	return max(wait, time.Microsecond)
}

// isGone tells whether a semaphore is no more.
func isGone(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EIDRM)
}

// find returns the id of the semaphore, which Qt makes, if wanted, where there
// is none. Its owner can remove it again at any time.
func (s *kernelSemaphore) find(op string, make bool) (int, error) {
	var err error
	for range retries {
		var id int
		if id, err = s.look(); err == nil {
			return id, nil
		}
		if err = s.lookError(op, err); !make || !isNotFound(err) {
			return 0, err
		}
		if err := s.make(op, native.Open); err != nil {
			return 0, err
		}
	}
	return 0, err
}

// exists tells whether there is a semaphore, without making one.
func (s *kernelSemaphore) exists() bool {
	_, err := s.look()
	return err == nil
}

// make has Qt make the semaphore if there is none. With mode Create one that
// exists is reset to the initial value, and belongs to this process from then
// on.
func (s *kernelSemaphore) make(op string, mode native.SemaphoreMode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for range retries {
		if err = s.makeOnce(mode); err == nil {
			s.lookAgain()
			s.ownID = -1
			if state, err := native.LookSemaphore(s.file); err == nil {
				s.ownID = state.ID
			}
			return nil
		}
		if err = qtError(op, s.key, err); !isPassing(err) {
			break
		}
		time.Sleep(settlingStep)
	}
	return err
}

func (s *kernelSemaphore) timeout(ctx context.Context, op, holder string) error {
	return &Error{Op: op, Key: s.key, Code: ErrLocked, Err: context.Cause(ctx),
		Msg: context.Cause(ctx).Error() + " while waiting: " + holder}
}

// lookError is an error of native.LookSemaphore, nil for nil.
func (s *kernelSemaphore) lookError(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*native.LookError](err); ok {
		return lookError(op, s.key, e)
	}
	return qtError(op, s.key, err)
}

func (s *kernelSemaphore) systemError(op string, err error) error {
	code := ErrUnknown
	switch {
	case errors.Is(err, syscall.EACCES):
		code = ErrPermission
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.ERANGE):
		code = ErrResources
	}
	return &Error{Op: op, Key: s.key, Code: code, Msg: "semop: " + err.Error(), Err: err}
}

// isOwner tells whether Qt made the semaphore for us.
func (s *kernelSemaphore) isOwner() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.own != nil
}
