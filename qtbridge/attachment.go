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
		return a.mem.detach()
	}
	locked := l.held.CompareAndSwap(true, false)
	held := locked || a.holdToDetach()
	err := a.mem.detach()
	l.close(held)
	if locked {
		l.local.leave()
	}
	return err
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
