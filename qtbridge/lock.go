package qtbridge

import (
	"sync/atomic"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// lock is the lock of a segment: the semaphore that QSharedMemory::lock() of
// any process with the same key uses. It ends with close.
type lock struct {
	kernelSemaphore
	local    *localLock
	held     atomic.Bool     // a Lock of the user's holds local lock and semaphore
	ownsFile bool            // the key file is ours to delete: see makeKeyFile
	stray    *foundSemaphore // what was the lock on a key file that is gone: see removeStray
}

func newLock(key Key, p place) *lock {
	return &lock{
		kernelSemaphore: kernelSemaphore{key: key, place: p, initial: 1, isLock: true},
		local:           useLocalLock(p.Lock),
	}
}

// acquire takes local lock and semaphore.
func (l *lock) acquire(r *request) error {
	r.impatient = r.ctx.Err() != nil
	switch l.local.enter(r.ctx, r.closing) {
	case ErrClosed:
		return closedError(r.op, l.key)
	case ErrLocked:
		return l.timeout(r, "another goroutine of this program holds it")
	}
	r.n = 1
	err := l.take(r)
	if err != nil {
		l.local.leave()
	}
	return err
}

// makes tells whether Qt is to make the semaphore where there is none. With a native
// key that is so only for one who makes the segment too: without one, the peers are of
// Qt before 6.6, and do not lock.
func (l *lock) makes() bool { return !l.place.someDoNotLock() || l.isOwner() }

// acquireUnjammed is acquire that sets a jammed lock free before, as create() of
// Qt does to any on Unix, and makes one that is missing.
func (l *lock) acquireUnjammed(r *request) error {
	if l.tryAcquire() {
		return nil // so that the common case is short
	}
	r.makes, r.asks = true, true
	if err := l.unjam(r); err != nil {
		return err
	}
	return l.acquire(r)
}

// tryAcquire takes local lock and semaphore if both are to be had at once.
func (l *lock) tryAcquire() bool {
	if !l.local.tryEnter() {
		return false
	}
	if open, err := l.look(); err == nil && open.Take(1, 0) == nil {
		return true
	}
	l.local.leave()
	return false
}

// unjam sets the lock free if it is jammed: Qt resets it, or where it cannot, it is
// given back in the place of who is gone. That passes the local lock, so that two
// goroutines do not do so one after the other.
func (l *lock) unjam(r *request) error {
	p := l.place
	switch {
	case !p.system.IsJammed(p.Place):
		return nil
	case p.traits().CreateResets:
		return l.create(r.op, native.Create)
	case l.local.enter(r.ctx, r.closing) != nil:
		return nil // acquire says why
	}
	defer l.local.leave()
	if !p.system.IsJammed(p.Place) {
		return nil
	}
	if open, err := p.system.Lock(p.Place); err == nil {
		_ = open.Give()
		open.Close()
	}
	return nil
}

// release gives back what acquire took.
func (l *lock) release(op string) error {
	open := l.open.Load()
	err := l.give()
	lost := err == ipc.ErrLost || err == ipc.ErrGone
	if lost {
		l.forget(open) // before anybody else takes that one
	}
	l.local.leave()
	switch {
	case err == nil:
		return nil
	case lost:
		return &Error{Op: op, Key: l.key, Code: ErrLockLost, Err: err,
			Msg: "another process reset or removed the lock meanwhile, as create() and the destructor of Qt do; what was written may be mixed with what it wrote: write it again"}
	}
	return systemError(op, l.key, err)
}

// tryHold takes the semaphore for a step of ours that Qt guards with it, if there
// is one and it is free or gets free within limit. It does not pass the local
// lock; give gives it back.
func (l *lock) tryHold(limit time.Duration) bool {
	open, err := l.look()
	if err != nil {
		return false
	}
	if err = open.takeWithin(limit); err == ipc.ErrGone {
		l.forget(open)
	}
	return err == nil
}

// takeOver makes this process the owner of the lock that it holds, as create() of
// Qt does: that resets it, which gives it back as well. If the key file was deleted
// meanwhile, by who owned it, that makes another semaphore. Then the one in hand
// is removed, which has those who wait for it look again: it would stay taken,
// and the next key file can get the inode that leads there. Where there are no
// owners, or where we own it already, the lock is given back, as is that of a native
// key: only an object of Qt's that can also delete the key file could own it.
func (l *lock) takeOver(op string) error {
	switch {
	case l.key.IsNative():
		l.adopt()
		fallthrough
	case !l.place.traits().SemaphoreOwners, l.ownsFound():
		_ = l.give()
		return nil
	}
	held := l.open.Load()
	err := l.create(op, native.Create)
	if state, lookErr := l.place.system.Semaphore(l.place.Place); err == nil && lookErr == nil && held != nil && state.ID != held.ID() {
		held.Remove()
	}
	return err
}

// close is the end of the lock. Held says that we hold the semaphore, as after
// tryHold.
func (l *lock) close(held bool) {
	ours := held && l.ownsFile && l.leadsHere()
	l.kernelSemaphore.close(held)
	if ours {
		l.removeKeyFile()
	}
	l.local.close()
}
