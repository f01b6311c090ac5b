package qtbridge

import (
	"context"
	"fmt"
	"runtime"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// MaxCount is the highest value of a semaphore, and the most that can be
// acquired or released at once (SEMVMX of Linux). On Windows the value can grow
// beyond, to 2147483647.
const MaxCount = 32767

// Semaphore is a counting semaphore between processes, the one that a
// QSystemSemaphore with the same key uses.
//
// All methods may be called from many goroutines at once. As with Qt, the
// kernel undoes what a process has acquired and released when it ends, however
// it ends; Close undoes nothing. What is done on one Semaphore can be undone on
// another: units belong to nobody.
//
// As with Qt, the object that made the semaphore owns it: its Close removes it
// from the system, also if others use it, who then make a new one with their own
// initial value. [Semaphore.Owner] tells, and [Semaphore.Disown] gives that up.
//
// On Windows a semaphore has no owner and goes with its last handle, and nothing
// is undone when a process ends. Disown keeps what this process made for as long
// as the process runs.
type Semaphore struct {
	*closer
	kernel  *kernelSemaphore
	local   *localLock
	cleanup runtime.Cleanup
}

// OpenSemaphore opens the semaphore with this key as QSystemSemaphore(key,
// initial, Open) does: one that exists is used as it is; else one is made, with
// the value initial, 0 to [MaxCount].
//
// Errors: [ErrKey], also for a native key, which QSystemSemaphore does not have
// before Qt 6.6; [ErrCount]; [ErrPermission]; [ErrResources].
func OpenSemaphore(key Key, initial int) (*Semaphore, error) {
	return openSemaphore(key, initial, func(s *kernelSemaphore, op string) error {
		_, err := s.find(op, true)
		return err
	})
}

// CreateSemaphore is [OpenSemaphore] that sets a semaphore that exists to the
// value initial, and becomes its owner, as QSystemSemaphore(key, initial,
// Create) does. Others who use it notice nothing but the value, and what they
// have acquired is no longer undone when they end: do it only after a crash. On
// Windows neither Qt nor this changes one that exists.
func CreateSemaphore(key Key, initial int) (*Semaphore, error) {
	return openSemaphore(key, initial, func(s *kernelSemaphore, op string) error {
		return s.create(op, native.Create)
	})
}

func openSemaphore(key Key, initial int, open func(*kernelSemaphore, string) error) (*Semaphore, error) {
	const op = "open"
	p, err := key.place(op)
	if err != nil {
		return nil, err
	}
	if key.kind != 0 {
		return nil, keyError(op, key, "a QSystemSemaphore has no native key before Qt 6.6; use QtKey")
	}
	if initial < 0 || initial > MaxCount {
		return nil, countError(op, key, initial, 0)
	}
	kernel := &kernelSemaphore{key: key, place: p, initial: initial}
	if err := open(kernel, op); err != nil {
		return nil, err
	}
	local := useLocalLock(p.Lock)
	// The closer must not refer to the Semaphore, which could never be forgotten.
	undo := func() error {
		kernel.exists() // close removes only the semaphore that is there
		kernel.close(true)
		local.close()
		return nil
	}
	s := &Semaphore{closer: newCloser(key, undo), kernel: kernel, local: local}
	s.cleanup = runtime.AddCleanup(s, abandon, s.closer)
	return s, nil
}

// Key returns the key that the Semaphore was opened with.
func (s *Semaphore) Key() Key { return s.key }

// Acquire takes 1 (QSystemSemaphore::acquire). If there is nothing to take, it
// waits until ctx ends: that is an [ErrLocked] with the context's error in it. A
// deadline is kept exactly; a cancellation or a Close is noticed within 50 ms.
func (s *Semaphore) Acquire(ctx context.Context) error {
	return s.acquire(&request{ctx: ctx, op: "acquire", n: 1, asks: true})
}

// AcquireN takes n, 1 to [MaxCount], all at once, as soon as there are as many.
// Qt has no such call; n calls of acquire() can block each other halfway. On
// Windows they are taken one by one, and given back if there are not enough
// within 50 ms, so that others see less for that time.
func (s *Semaphore) AcquireN(ctx context.Context, n int) error {
	return s.acquire(&request{ctx: ctx, op: "acquire", n: n, asks: true})
}

// TryAcquire is [Semaphore.Acquire] that does not wait: it returns [ErrLocked]
// if there is nothing to take.
func (s *Semaphore) TryAcquire() error {
	return s.acquire(&request{ctx: ended, op: "tryacquire", n: 1})
}

func (s *Semaphore) acquire(r *request) error {
	if r.n < 1 || r.n > MaxCount {
		return countError(r.op, s.key, r.n, 1)
	}
	if err := s.enter(r.op); err != nil {
		return err
	}
	defer s.leave()
	// At once, past those goroutines that wait, as between processes.
	if open := s.kernel.open.Load(); open != nil && open.Take(r.n, 0) == nil {
		return nil
	}
	r.closing, r.makes, r.impatient = s.called, true, r.ctx.Err() != nil
	switch s.local.enter(r.ctx, r.closing) {
	case ErrClosed:
		return closedError(r.op, s.key)
	case ErrLocked:
		return s.kernel.timeout(r, "other goroutines of this program wait for it")
	}
	defer s.local.leave()
	return s.kernel.take(r)
}

// Release adds n, 1 to [MaxCount] (QSystemSemaphore::release). Nothing needs to
// have been acquired before. It does not wait. It is an [ErrResources] if the
// value would get higher than [MaxCount], or if this process has added as much
// more than it has taken, which the kernel could not undo any more.
func (s *Semaphore) Release(n int) error {
	const op = "release"
	if n < 1 || n > MaxCount {
		return countError(op, s.key, n, 1)
	}
	if err := s.enter(op); err != nil {
		return err
	}
	defer s.leave()
	for {
		open, err := s.kernel.find(op, true)
		if err != nil {
			return err
		}
		switch err = open.Add(n); err {
		case nil:
			return nil
		case ipc.ErrFull:
			return &Error{Op: op, Key: s.key, Code: ErrResources, Err: err,
				Msg: fmt.Sprintf("%d more than the %d that a semaphore holds; acquire before", n, MaxCount)}
		case ipc.ErrGone:
			s.kernel.forget(open)
		default:
			return systemError(op, s.key, err)
		}
	}
}

// Value returns how much there is to take at the moment. Where there is no
// semaphore any more, it is an [ErrNotFound], and none is made.
func (s *Semaphore) Value() (int, error) {
	const op = "value"
	if err := s.enter(op); err != nil {
		return 0, err
	}
	defer s.leave()
	p := s.kernel.place
	state, err := p.system.Semaphore(p.Place)
	if err != nil {
		return state.Value, systemError(op, s.key, err)
	}
	return state.Value, nil
}

// Owner tells whether Close removes the semaphore from the system. On Windows
// nobody owns one, and it is false.
func (s *Semaphore) Owner() bool { return s.kernel.isOwner() }

// Disown leaves the semaphore in the system when s is closed, even if s made it.
func (s *Semaphore) Disown() { s.kernel.letStay() }

// Close calls off those who wait for the semaphore, and removes it from the
// system if s is its owner. It does not give back what was acquired. A second
// Close returns [ErrClosed].
func (s *Semaphore) Close() error {
	s.cleanup.Stop()
	return s.close()
}

func countError(op string, key Key, n, least int) error {
	return &Error{Op: op, Key: key, Code: ErrCount,
		Msg: fmt.Sprintf("%d; a semaphore counts from %d to %d", n, least, MaxCount)}
}
