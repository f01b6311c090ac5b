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
	last   int                     // who used it last, if it is jammed
	own    *native.SystemSemaphore // set if there was none and Qt made it for us
	gone   bool
	unpin  func()
}

// holdLock takes the lock without waiting; if it is not to be had that is an
// ErrLocked. Where there is none, Qt makes one, which release removes again.
func holdLock(s *State, p place) (*heldLock, error) {
	h := &heldLock{key: s.Key, place: p, id: s.Lock.ID, jammed: s.Lock.isJammed(), last: s.Lock.Last.PID, unpin: func() {}}
	if err := h.pin(); err != nil {
		return nil, err
	}
	if err := h.hold(s); err != nil {
		h.unpin()
		return nil, err
	}
	return h, nil
}

// pin has the lock of a native key found by the key file also when that is deleted with
// the segment.
func (h *heldLock) pin() error {
	if h.place.Lock != h.place.Segment {
		return nil
	}
	pin, err := h.place.system.Pin(h.place.Place)
	if err != nil {
		return systemError(opRecover, h.key, err)
	}
	h.place.Segment, h.place.Lock, h.unpin = pin.Name, pin.Name, pin.Release
	return nil
}

func (h *heldLock) hold(s *State) error {
	if h.jammed {
		return nil
	}
	if !s.Lock.Exists {
		if err := h.create(); err != nil {
			return err
		}
	}
	err := h.take()
	if err == nil {
		return nil
	}
	if h.own != nil {
		leak(h.own) // somebody was quicker to take it, and needs it
	}
	known, ok := errors.AsType[*ipc.Error](err)
	switch {
	case ok && known.Code == ipc.Permission:
		return ownerError(s, s.Lock.Owner)
	case ok && known.Code == ipc.Resources:
		return recoverError(s.Key, ErrResources, "%v; %s", err, h.place.traits().Remedies[ipc.Resources])
	}
	return recoverError(s.Key, ErrLocked, "the lock was taken or removed in this moment; try again")
}

func (h *heldLock) create() error {
	var err error
	if h.own, err = newSemaphoreOf(opRecover, h.key, h.place, 1, native.Open); err != nil {
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
		return lock.Last == h.last && (h.last == 0 || lock.IsForsaken())
	}
	return lock.Last == os.Getpid()
}

// remove has Qt's destructor remove the lock. It is not given back before: its
// owner is made with the value 0, so that nobody gets it in the last moment.
func (h *heldLock) remove() error {
	owner := h.own
	if owner == nil {
		var err error
		if owner, err = newSemaphoreOf(opRecover, h.key, h.place, 0, native.Create); err != nil {
			return err
		}
	}
	defer holdInode(h.place.system, h.place.Lock)()
	owner.Close()
	if h.key.IsNative() && h.place.Lock != h.place.Segment {
		_ = os.Remove(h.place.Lock) // Qt has deleted a link to it
	}
	h.own, h.gone = nil, true
	return nil
}

// release gives the lock back, and removes one that was made for us if nobody
// has come to need it.
func (h *heldLock) release() {
	defer h.unpin()
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
