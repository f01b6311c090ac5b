package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"qtinterop/native"
)

// patience is how long a wait in the kernel lasts before it looks whether its
// context or its Segment has ended: no call into the kernel can be called off.
const patience = 50 * time.Millisecond

// courtesy is how long attaching and detaching wait for a lock that somebody
// holds. Qt waits without limit; both work without the lock too.
const courtesy = 100 * time.Millisecond

// lock is the lock of a segment: the semaphore that QSharedMemory::lock() of
// any process with the same key uses. Qt's own acquire() has no time limit, so
// the semaphore is taken with package native; making and removing it is left
// to Qt.
type lock struct {
	key  Key
	file string // key file of the semaphore
	gate gate
	id   atomic.Int64 // of the semaphore, plus 1; 0 as long as it is not known
	held atomic.Bool  // this lock holds the gate and the semaphore

	mu    sync.Mutex
	own   *native.SystemSemaphore // set if Qt had to make it; its destructor removes it
	ownID int                     // of the semaphore that own has; -1 if not known
}

func newLock(key Key, file string) *lock {
	return &lock{key: key, file: file, gate: useGate(file)}
}

// take takes the lock, unless ctx or closing ends first. make says whether to
// have Qt make the semaphore if there is none, as lock() does; else that is an
// ErrNotFound.
func (l *lock) take(ctx context.Context, closing <-chan struct{}, op string, make bool) error {
	if err := l.pass(ctx, closing, op); err != nil {
		return err
	}
	err := l.acquire(ctx, closing, op, make)
	if err != nil {
		<-l.gate
		return err
	}
	l.held.Store(true)
	return nil
}

// pass waits for the gate.
func (l *lock) pass(ctx context.Context, closing <-chan struct{}, op string) error {
	select {
	case l.gate <- struct{}{}:
		return nil
	default:
	}
	select {
	case l.gate <- struct{}{}:
		return nil
	case <-closing:
		return closedError(op, l.key)
	case <-ctx.Done():
		return l.timeout(ctx, op, "another goroutine of this program holds it")
	}
}

// acquire takes the semaphore. It may vanish at any time, with the Qt object
// that made it; then the next one to come makes a new one.
func (l *lock) acquire(ctx context.Context, closing <-chan struct{}, op string, make bool) error {
	for {
		id, err := l.find(op, make)
		if err != nil {
			return err
		}
		if err = native.Take(id, 0); err == nil {
			return nil // so that the common case is short
		}
		for errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
			select {
			case <-closing:
				return closedError(op, l.key)
			case <-ctx.Done():
				return l.timeout(ctx, op, l.holder())
			default:
			}
			err = native.Take(id, waitTime(ctx))
		}
		switch {
		case err == nil:
			return nil
		case !isGone(err):
			return l.systemError(op, err)
		case ctx.Err() != nil:
			return l.timeout(ctx, op, "the lock comes and goes")
		}
		l.id.CompareAndSwap(int64(id)+1, 0)
	}
}

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
func (l *lock) find(op string, make bool) (int, error) {
	if id := l.id.Load(); id != 0 {
		return int(id - 1), nil
	}
	var err error
	for range retries {
		var state native.SemaphoreState
		state, err = native.LookSemaphore(l.file)
		if err = l.lookError(op, err); err == nil {
			l.id.Store(int64(state.ID) + 1)
			return state.ID, nil
		}
		if !make || !isNotFound(err) {
			return 0, err
		}
		if err := l.make(op, native.Open); err != nil {
			return 0, err
		}
	}
	return 0, err
}

// exists tells whether there is a semaphore, without making one.
func (l *lock) exists() bool {
	if l.id.Load() != 0 {
		return true
	}
	state, err := native.LookSemaphore(l.file)
	if err != nil {
		return false
	}
	l.id.Store(int64(state.ID) + 1)
	return true
}

// make has Qt make the semaphore, free, if there is none. With mode Create one
// that exists is reset to free, and belongs to this process from then on.
func (l *lock) make(op string, mode native.SemaphoreMode) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	for range retries {
		if err = l.makeOnce(mode); err == nil {
			l.id.Store(0)
			l.ownID = -1
			if state, err := native.LookSemaphore(l.file); err == nil {
				l.ownID = state.ID
			}
			return nil
		}
		if err = qtError(op, l.key, err); !isPassing(err) {
			break
		}
		time.Sleep(settlingStep)
	}
	return err
}

func (l *lock) makeOnce(mode native.SemaphoreMode) error {
	if l.own != nil && mode == native.Create {
		return l.own.SetKey(l.key.name, 1, mode)
	}
	// With Open, Qt ignores a key that the object has already, so that looking
	// again takes a new one. The old one, whose semaphore another process has
	// removed, is kept for good: its destructor would remove the key file that
	// the new semaphore hangs on.
	if l.own != nil {
		keep(l.own)
	}
	own, err := native.NewSystemSemaphore(l.key.name, 1, mode)
	if err != nil {
		return err
	}
	l.own = own
	return own.Err()
}

// give gives the lock back. held must have been cleared by the caller.
func (l *lock) give(op string) error {
	err := native.Give(int(l.id.Load() - 1))
	<-l.gate
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ERANGE), isGone(err):
		l.id.Store(0)
		return &Error{Op: op, Key: l.key, Code: ErrLockLost, Err: err,
			Msg: "another process reset or removed the lock meanwhile, as create() and the destructor of Qt do; what was written may be mixed with what it wrote: write it again"}
	}
	return l.systemError(op, err)
}

// tryBriefly takes the semaphore for a step of ours that Qt guards with it, if
// there is one and it is free or gets free soon. It does not pass the gate.
func (l *lock) tryBriefly(limit time.Duration) bool {
	if l == nil || !l.exists() {
		return false
	}
	id := int(l.id.Load() - 1)
	err := native.Take(id, 0)
	for deadline := time.Now().Add(limit); err != nil && limit > 0 && time.Now().Before(deadline); {
		if isGone(err) {
			break
		}
		err = native.Take(id, time.Until(deadline))
	}
	if isGone(err) {
		l.id.Store(0)
	}
	return err == nil
}

// giveBriefly ends what tryBriefly began. The semaphore may be gone by then.
func (l *lock) giveBriefly() { _ = native.Give(int(l.id.Load() - 1)) }

func (l *lock) timeout(ctx context.Context, op, holder string) error {
	return &Error{Op: op, Key: l.key, Code: ErrLocked, Err: context.Cause(ctx),
		Msg: context.Cause(ctx).Error() + " while waiting: " + holder}
}

// holder says who seems to hold the lock.
func (l *lock) holder() string {
	state, err := native.LookSemaphore(l.file)
	if err != nil || state.Value > 0 {
		return "it was held until just now"
	}
	if !alive(state.Last) {
		return fmt.Sprintf("it was last taken by process %d, which is gone", state.Last)
	}
	return fmt.Sprintf("it was last taken by process %d; wait longer, or see what that process does", state.Last)
}

// isJammed tells whether the lock is taken and its taker gone, so that nobody
// will ever give it back. create() of Qt mends that. The second look is for a
// taker that ended during the first: the kernel gave the lock back since.
func (l *lock) isJammed() bool {
	seen, err := native.LookSemaphore(l.file)
	if err != nil || seen.Value > 0 || alive(seen.Last) {
		return false
	}
	now, err := native.LookSemaphore(l.file)
	return err == nil && now == seen
}

// lookError is an error of native.LookSemaphore, nil for nil.
func (l *lock) lookError(op string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*native.LookError](err); ok {
		return lookError(op, l.key, e)
	}
	return qtError(op, l.key, err)
}

func (l *lock) systemError(op string, err error) error {
	code := ErrUnknown
	switch {
	case errors.Is(err, syscall.EACCES):
		code = ErrPermission
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.ERANGE):
		code = ErrResources
	}
	return &Error{Op: op, Key: l.key, Code: code, Msg: "semop: " + err.Error(), Err: err}
}

// kept are semaphores that must outlive us: a destructor would remove them
// while another process holds them.
var kept struct {
	sync.Mutex
	semaphores []*native.SystemSemaphore
}

func keep(s *native.SystemSemaphore) {
	kept.Lock()
	defer kept.Unlock()
	kept.semaphores = append(kept.semaphores, s)
}

// isOwner tells whether Qt made the semaphore for this lock.
func (l *lock) isOwner() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.own != nil
}

// dispose lets go of a semaphore that Qt made for this lock: its destructor
// removes it. That must not happen while another process holds it, so without
// the lock in hand it stays. So it does if there is another one by now: the
// destructor would remove the key file that it hangs on.
func (l *lock) dispose(guarded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.own == nil:
	case guarded && int(l.id.Load()-1) == l.ownID:
		l.own.Close()
		l.removeLost()
	default:
		keep(l.own)
	}
	l.own = nil
}

// removeLost removes the semaphore that we hold if its key file is gone. Where
// one process made the file and another the semaphore, as can happen when both
// miss it at once, the destructor in the former removes the file alone. Those
// who know the semaphore would go on with it, and newcomers take another one.
func (l *lock) removeLost() {
	held := int(l.id.Load() - 1)
	if state, err := native.LookSemaphore(l.file); err != nil || state.ID != held {
		_ = native.RemoveSemaphore(held)
	}
}
