package qtbridge

import (
	"errors"
	"os"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// heldLock is the lock of a key while Recover holds it: taken, or jammed, which
// keeps others off as well.
type heldLock struct {
	key    Key
	place  place
	lock   ipc.Lock // nil if it is jammed
	id     int
	jammed bool
	own    *native.SystemSemaphore // set if there was none and Qt made it for us
	gone   bool
}

// holdLock takes the lock without waiting; if it is not to be had that is an
// ErrLocked. Where there is none, Qt makes one, which release removes again.
func holdLock(s *State, p place) (*heldLock, error) {
	h := &heldLock{key: s.Key, place: p, id: s.Lock.ID, jammed: s.Lock.isJammed()}
	if h.jammed {
		return h, nil
	}
	if !s.Lock.Exists {
		if err := h.create(); err != nil {
			return nil, err
		}
	}
	err := h.take()
	if err == nil {
		return h, nil
	}
	if h.own != nil {
		leak(h.own) // somebody was quicker to take it, and needs it
	}
	known, ok := errors.AsType[*ipc.Error](err)
	switch {
	case ok && known.Code == ipc.Permission:
		return nil, ownerError(s, s.Lock.Owner)
	case ok && known.Code == ipc.Resources:
		return nil, recoverError(s.Key, ErrResources, "%v; %s", err, p.traits().Remedies[ipc.Resources])
	}
	return nil, recoverError(s.Key, ErrLocked, "the lock was taken or removed in this moment; try again")
}

func (h *heldLock) create() error {
	var err error
	if h.own, err = newSemaphore(h.key, 1, native.Open); err != nil {
		return err
	}
	lock, err := h.place.system.Semaphore(h.place.Place)
	h.id = lock.ID
	if err != nil {
		leak(h.own)
		return recoverError(h.key, ErrLocked, "the lock came and went in this moment; try again")
	}
	return nil
}

// take takes the very semaphore that was looked at.
func (h *heldLock) take() error {
	lock, err := h.place.system.Lock(h.place.Place)
	switch {
	case err != nil:
		return err
	case lock.ID() != h.id:
		lock.Close()
		return ipc.ErrGone
	}
	h.lock = lock
	return lock.Take(1, 0)
}

// isOurs tells whether the lock is still held by us, and nobody waits for it.
func (h *heldLock) isOurs() bool {
	lock, err := h.place.system.Semaphore(h.place.Place)
	if err != nil || lock.ID != h.id || lock.Value != 0 || lock.Waiters > 0 {
		return false
	}
	if h.jammed {
		return lock.IsForsaken()
	}
	return lock.Last == os.Getpid()
}

// remove has Qt's destructor remove the lock. It is not given back before: its
// owner is made with the value 0, so that nobody gets it in the last moment.
func (h *heldLock) remove() error {
	owner := h.own
	if owner == nil {
		var err error
		if owner, err = newSemaphore(h.key, 0, native.Create); err != nil {
			return err
		}
	}
	owner.Close()
	h.own, h.gone = nil, true
	return nil
}

// release gives the lock back, and removes one that was made for us if nobody
// has come to need it.
func (h *heldLock) release() {
	if h.lock != nil {
		defer h.lock.Close()
	}
	if h.gone {
		return
	}
	if h.own != nil && h.isOurs() {
		_ = h.remove()
		return
	}
	if !h.jammed {
		_ = h.lock.Give()
	}
	if h.own != nil {
		leak(h.own)
	}
}

// newSemaphore is QSystemSemaphore(key, value, mode).
func newSemaphore(key Key, value int, mode native.SemaphoreMode) (*native.SystemSemaphore, error) {
	semaphore, err := native.NewSystemSemaphore(key.name, value, mode)
	if err == nil {
		if err = semaphore.Err(); err == nil {
			return semaphore, nil
		}
		semaphore.Close()
	}
	return nil, qtError(opRecover, key, err)
}
