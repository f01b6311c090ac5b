package qtbridge

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// kernelSemaphore is the semaphore behind a QSystemSemaphore or the lock of a
// QSharedMemory. Qt's own acquire() has no time limit, so it is taken and given
// through the system; making and removing it is left to Qt.
type kernelSemaphore struct {
	key     Key
	place   place
	initial int  // value of one that Qt makes
	isLock  bool // of a segment
	open    atomic.Pointer[foundSemaphore]

	mu        sync.Mutex
	own       *native.SystemSemaphore // set if Qt had to make it; its destructor removes it
	ownID     int                     // of the semaphore that own has; -1 if not known
	ownMade   bool                    // own is seen to have made it
	adopted   bool                    // it is ours to remove, whoever made it: ownID
	staysOpen bool                    // close leaves it open, for as long as this process runs
}

// foundSemaphore is the semaphore as far as it was found.
type foundSemaphore struct{ ipc.Lock }

// takeWithin takes 1 if it is to be had, or becomes so within limit.
func (s *foundSemaphore) takeWithin(limit time.Duration) error {
	err := s.Take(1, 0)
	for deadline := time.Now().Add(limit); err != nil && err != ipc.ErrGone && limit > 0 && time.Now().Before(deadline); {
		err = s.Take(1, time.Until(deadline))
	}
	return err
}

// request is a wish to take from a semaphore, which ctx or closing can call off.
type request struct {
	ctx     context.Context
	closing <-chan struct{}
	op      string // whose errors these are
	n       int    // how much
	makes   bool   // Qt is to make the semaphore if there is none; else that is an ErrNotFound
	asks    bool   // who holds it is to be found out at length, if it is not to be had

	impatient bool // ctx had ended before it began
}

// take takes from the semaphore. It may vanish at any time, with the Qt object
// that made it; then the next one to come makes a new one.
func (s *kernelSemaphore) take(r *request) error {
	for {
		open, err := s.find(r.op, r.makes)
		if err != nil {
			return err
		}
		if err = open.Take(r.n, 0); err == nil {
			return nil // so that the common case is short
		}
		for err == ipc.ErrTaken {
			select {
			case <-r.closing:
				return closedError(r.op, s.key)
			case <-r.ctx.Done():
				return s.timeout(r, s.place.system.Holder(s.place.Place, r.asks))
			default:
			}
			err = open.Take(r.n, waitTime(r.ctx))
		}
		switch {
		case err == nil:
			return nil
		case err != ipc.ErrGone:
			return systemError(r.op, s.key, err)
		case r.ctx.Err() != nil:
			return s.timeout(r, "the semaphore comes and goes")
		}
		s.forget(open)
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

func (s *kernelSemaphore) timeout(r *request, holder string) error {
	cause := context.Cause(r.ctx)
	msg := cause.Error() + " while waiting: " + holder
	if r.impatient {
		msg = holder
	}
	return &Error{Op: r.op, Key: s.key, Code: ErrLocked, Err: cause, Msg: msg}
}

// give gives back the 1 that was taken.
func (s *kernelSemaphore) give() error {
	open := s.open.Load()
	if open == nil {
		return ipc.ErrGone
	}
	return open.Give()
}

// find returns the semaphore, which Qt makes, if wanted, where there is none. Its
// owner can remove it again at any time.
func (s *kernelSemaphore) find(op string, makes bool) (*foundSemaphore, error) {
	var err error
	for range retries {
		var open *foundSemaphore
		if open, err = s.look(); err == nil {
			return open, nil
		}
		if err = systemError(op, s.key, err); !makes || !isNotFound(err) {
			return nil, err
		}
		if err := s.create(op, native.Open); err != nil {
			return nil, err
		}
	}
	return nil, err
}

// look returns the semaphore, if there is one or was at the last look.
func (s *kernelSemaphore) look() (*foundSemaphore, error) {
	for {
		if open := s.open.Load(); open != nil {
			return open, nil
		}
		found, err := s.place.system.Lock(s.place.Place)
		if err != nil {
			return nil, err
		}
		if s.isLock {
			found.Track()
		}
		open := &foundSemaphore{found}
		if s.open.CompareAndSwap(nil, open) {
			return open, nil
		}
		found.Close() // another goroutine was faster
	}
}

// id is the id of the semaphore as far as it was found, else -1.
func (s *kernelSemaphore) id() int {
	if open := s.open.Load(); open != nil {
		return open.ID()
	}
	return -1
}

// exists tells whether there is a semaphore, without making one.
func (s *kernelSemaphore) exists() bool {
	_, err := s.look()
	return err == nil
}

// forget has the next look look again, for open may be no more. Others may use it
// still, so it is not closed. Without ids a name leads to the same semaphore as long
// as it is open.
func (s *kernelSemaphore) forget(open *foundSemaphore) {
	if s.place.traits().IDs {
		s.open.CompareAndSwap(open, nil)
	}
}

// create has Qt make the semaphore if there is none. With mode Create one that
// exists is reset to the initial value where the system has that, and belongs to
// this process from then on.
func (s *kernelSemaphore) create(op string, mode native.SemaphoreMode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for range retries {
		if err = s.createOnce(op, mode); err == nil {
			return nil
		}
		if !isPassing(err) {
			break
		}
		time.Sleep(settlingStep)
	}
	return err
}

func (s *kernelSemaphore) createOnce(op string, mode native.SemaphoreMode) error {
	if !s.place.traits().SemaphoreOwners {
		return s.createUnowned(op, mode)
	}
	if err := s.createOwned(op, mode); err != nil {
		return err
	}
	s.forget(s.open.Load())
	s.ownID, s.ownMade = -1, false
	if state, err := s.place.system.Semaphore(s.place.Place); err == nil {
		// Whoever makes it sets its value, and is the last user then.
		s.ownID, s.ownMade = state.ID, state.Last == os.Getpid()
	}
	return nil
}

func (s *kernelSemaphore) createOwned(op string, mode native.SemaphoreMode) error {
	if s.own != nil && mode == native.Create && !s.key.IsNative() && !native.HasNativeIpcKeys() {
		if err := s.own.SetKey(s.key.lockName(), s.initial, mode); err != nil {
			return qtError(op, s.key, err)
		}
		return nil
	}
	// With Open, Qt ignores a key that the object has already, and from 6.6 on with
	// Create it removes the semaphore first, for which somebody else makes another one,
	// and resets that. So a new object is taken. The old one, whose semaphore another process has
	// removed, is leaked: its destructor would remove the key file that the new
	// semaphore hangs on.
	if s.own != nil {
		leak(s.own)
	}
	own, err := newSemaphoreOf(op, s.key, s.place, s.initial, mode)
	s.own = own
	return err
}

// createUnowned has the semaphore open before what made it goes, which nobody needs any
// more then.
func (s *kernelSemaphore) createUnowned(op string, mode native.SemaphoreMode) error {
	made, err := s.newUnowned(op, mode)
	if err != nil {
		return err
	}
	defer made.Close()
	if _, err := s.look(); err != nil {
		return systemError(op, s.key, err)
	}
	return nil
}

// newUnowned makes the semaphore, by Qt if that can.
func (s *kernelSemaphore) newUnowned(op string, mode native.SemaphoreMode) (interface{ Close() }, error) {
	maker, ok := s.place.system.(ipc.LockMaker)
	if !ok || !s.key.IsNative() {
		return newSemaphoreOf(op, s.key, s.place, s.initial, mode)
	}
	made, err := maker.MakeLock(s.place.Place)
	if err != nil {
		return nil, systemError(op, s.key, err)
	}
	return made, nil
}

// isOwner tells whether Qt made the semaphore for us.
func (s *kernelSemaphore) isOwner() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.own != nil || s.adopted
}

// ownsFound tells whether Qt has made the semaphore that was found last for us, so that
// the destructor removes it.
func (s *kernelSemaphore) ownsFound() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.own != nil && s.ownMade && s.ownID == s.id()
}

// adopt makes the semaphore that was found ours to remove.
func (s *kernelSemaphore) adopt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adopted, s.ownID = true, s.id()
}

// disown leaves the semaphore to whoever uses it.
func (s *kernelSemaphore) disown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leakOwn()
}

// letStay is disown, and close leaves the semaphore open, so that it stays in the
// system as long as this process runs.
func (s *kernelSemaphore) letStay() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leakOwn()
	s.staysOpen = true
}

// close is the end of s. A semaphore that Qt made for us is removed by Qt's
// destructor. That must not happen while another process holds it, so unless we
// hold it, as held says, it stays. So it does if there is another one by now: the
// destructor would remove the key file that it hangs on.
func (s *kernelSemaphore) close(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held && (s.own != nil || s.adopted) && s.id() == s.ownID {
		s.removeOwn()
	}
	s.leakOwn()
	open := s.open.Load()
	if open == nil {
		return
	}
	if held && s.isLock {
		_ = open.Give() // it may be gone
	}
	if !s.staysOpen {
		open.Close()
	}
}

func (s *kernelSemaphore) leakOwn() {
	if s.own != nil {
		leak(s.own)
		s.own = nil
	}
	s.adopted = false
}

func (s *kernelSemaphore) removeOwn() {
	if s.own != nil {
		defer holdInode(s.place.system, s.place.Lock)()
		s.own.Close()
		s.own = nil
	}
	if !s.adopted {
		s.removeLost()
	} else if open := s.open.Load(); open != nil {
		open.Remove()
	}
}

// removeLost removes the semaphore that we hold if its key file is gone. Where
// one process made the file and another the semaphore, as can happen when both
// miss it at once, the destructor in the former removes the file alone. Those
// who know the semaphore would go on with it, and newcomers take another one.
func (s *kernelSemaphore) removeLost() {
	open := s.open.Load()
	if open == nil {
		return
	}
	if state, err := s.place.system.Semaphore(s.place.Place); err != nil || state.ID != open.ID() {
		open.Remove()
	}
}

// leaked are semaphores that must outlive us: a destructor would remove them
// while another process holds them.
var leaked struct {
	sync.Mutex
	semaphores []*native.SystemSemaphore
}

func leak(semaphore *native.SystemSemaphore) {
	leaked.Lock()
	defer leaked.Unlock()
	leaked.semaphores = append(leaked.semaphores, semaphore)
}
