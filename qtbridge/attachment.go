package qtbridge

// attachment is one Qt object that is attached, and the lock of the segment.
type attachment struct {
	place place
	mem   *memory
	data  []byte // the mapping; not to be touched after detach
	lock  *lock  // nil if segments of this kind have none
	id    int    // of the segment, where there are ids, or unknownID
}

// unknownID is no id of a segment.
const unknownID = -1

func newAttachment(p place, mem *memory, l *lock, id int) *attachment {
	return &attachment{place: p, mem: mem, data: mem.Data(), lock: l, id: id}
}

// detach undoes everything, in the order that leaves others undisturbed: the
// lock is held, if it can be had, while Qt removes the segment, or a semaphore that
// is ours. Nobody else can hold it then.
func (a *attachment) detach() error {
	a.data = nil
	l, last := a.lock, a.isLast()
	if l == nil {
		return a.detachMemory(last)
	}
	locked := l.held.CompareAndSwap(true, false)
	held := locked || a.holdToDetach(last)
	err := a.detachMemory(last)
	l.close(held)
	if locked {
		l.local.leave()
	}
	return err
}

// isLast tells whether nobody else is attached, so that to detach removes the segment.
func (a *attachment) isLast() bool {
	if !a.place.traits().DetachRemoves {
		return false
	}
	ours, err := a.place.system.SegmentByID(a.id)
	return err != nil || ours.Attached <= 1
}

// detachMemory has Qt detach. Qt would, as the last one, remove the segment and then
// delete the key file by its name. Where that leads to another segment by now, nobody
// would find that one any more, so there we remove ours ourselves.
func (a *attachment) detachMemory(last bool) error {
	if !last || !a.isReplaced() {
		return a.mem.detach()
	}
	system := a.place.system
	_, end, err := system.Keep(a.id)
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

// isReplaced tells whether the key leads to another segment, whose key file Qt would
// delete.
func (a *attachment) isReplaced() bool {
	if a.mem.pinned != nil || a.id == unknownID {
		return false
	}
	found, err := a.place.system.Segment(a.place.Place)
	return err == nil && found.ID != a.id
}

// holdToDetach takes the lock, if it can be had, where detaching removes something
// that others could be about to use. It waits for it only a moment.
func (a *attachment) holdToDetach(last bool) bool {
	if !a.place.traits().DetachRemoves || !last && !a.lock.isOwner() || !a.lock.exists() {
		return false
	}
	return a.lock.tryHold(courtesy)
}
