package qtbridge

import "time"

// attachment is one Qt object that is attached, and the lock of the segment.
type attachment struct {
	place place
	mem   *memory
	data  []byte // the mapping; not to be touched after detach
	lock  *lock  // nil if segments of this kind have none
	id    int    // of the segment, where there are ids
}

func newAttachment(p place, mem *memory, l *lock) *attachment {
	return &attachment{place: p, mem: mem, data: mem.Data(), lock: l}
}

// detach undoes everything, in the order that leaves others undisturbed: the
// lock is held, if it can be had, while Qt detaches, which may remove the
// segment, and while Qt removes a semaphore that is ours. Nobody else can hold
// it then.
func (a *attachment) detach() error {
	a.data = nil
	l := a.lock
	if l == nil {
		return a.detachMemory()
	}
	locked := l.held.CompareAndSwap(true, false)
	held := locked || a.holdToDetach()
	err := a.detachMemory()
	l.close(held)
	if locked {
		l.local.leave()
	}
	return err
}

// detachMemory has Qt detach. Qt would, as the last one, remove the segment and then
// delete the key file by its name. Where that leads to another segment by now, nobody
// would find that one any more, so there we remove ours ourselves.
func (a *attachment) detachMemory() error {
	if !a.isReplaced() {
		return a.mem.detach()
	}
	system := a.place.system
	end, err := system.Keep(a.id)
	if err != nil {
		return a.mem.detach()
	}
	removes := a.mem.keeper.Load() == nil // else it is to be left as it was
	err = a.mem.detach()
	end()
	if removes {
		system.Drop(a.id)
	}
	return err
}

// isReplaced tells whether the key leads to another segment, and Qt would delete its key
// file: which it does not while others are attached to ours.
func (a *attachment) isReplaced() bool {
	if a.mem.isPinned || !a.place.traits().DetachRemoves {
		return false
	}
	if ours, err := a.place.system.SegmentByID(a.id); err == nil && ours.Attached > 1 {
		return false
	}
	found, err := a.place.system.Segment(a.place.Place)
	return err == nil && found.ID != a.id
}

// holdToDetach takes the lock, if it can be had, where detaching removes something
// that others could be about to use.
func (a *attachment) holdToDetach() bool {
	if !a.place.traits().DetachRemoves || !a.lock.exists() {
		return false
	}
	return a.lock.tryHold(0) || a.lock.tryHold(a.waitToDetach())
}

// waitToDetach is how long detaching waits for the lock. Only what removes the
// segment or the semaphore, and its key file, is better done with the lock in hand.
func (a *attachment) waitToDetach() time.Duration {
	segment, err := a.place.system.Segment(a.place.Place)
	if err == nil && segment.Attached > 1 && !a.lock.isOwner() {
		return 0
	}
	return courtesy
}
