package qtbridge

import (
	"os"

	"qtinterop/internal/ipc"
)

// watchAttachment attaches to one segment after the other for a watcher, as Qt does
// with a native key, which neither needs nor makes the lock. It keeps its object
// from one to the next, for one half of the time goes into making it.
//
// The key is the pinned key file, which Qt cannot delete: as the last to detach
// Qt removes the segment and then deletes the file by its name, under which a
// peer may have made its next segment by then.
type watchAttachment struct {
	key       Key
	place     place
	memory    *memory
	unpin     func()
	systemKey int32 // that the pinned name leads to
	id        int   // of the segment attached to, -1 if none
	data      []byte
}

// attach attaches to the segment that a look has seen. It may be gone by now: an
// error that isPassing.
func (a *watchAttachment) attach(seen ipc.Segment) error {
	if a.memory == nil || a.systemKey != seen.Key {
		if err := a.open(seen.Key); err != nil {
			return err
		}
	}
	if err := a.memory.attachNow(a.place.system, ReadOnly); err != nil {
		a.close() // Qt would remember what the key led to
		return err
	}
	a.id, a.data = seen.ID, a.memory.Data()
	// The key file pinned may be another one than that of the look, or have led
	// to another segment.
	if !a.isAttachedTo(seen) {
		a.close()
		return &Error{Op: opWatch, Key: a.key, Code: ErrNotFound, Msg: "it was replaced meanwhile"}
	}
	return nil
}

// open makes an object for a key file.
func (a *watchAttachment) open(systemKey int32) error {
	a.close()
	mem := newMemory(opWatch, a.key)
	pinned, unpin, err := a.place.system.Pin(a.place.Place)
	if err != nil {
		return systemError(opWatch, a.key, err)
	}
	a.memory, a.unpin, a.systemKey = mem, unpin, systemKey
	if err := mem.setName(a.place.system, pinned, false); err != nil {
		a.close()
		return err
	}
	return nil
}

func (a *watchAttachment) isAttached() bool { return a.id >= 0 }

func (a *watchAttachment) detach() {
	a.id, a.data = -1, nil
	if a.memory.Detach() != nil {
		a.close() // it was the last one, and could not delete the file
	}
}

// close leaves nothing behind.
func (a *watchAttachment) close() {
	if a.memory == nil {
		return
	}
	a.id, a.data = -1, nil
	a.memory.Close()
	a.unpin()
	a.memory = nil
}

// isAttachedTo tells whether it is the segment that was seen that Qt has attached
// to just now. Without ids a name leads to one object as long as anybody has it.
func (a *watchAttachment) isAttachedTo(seen ipc.Segment) bool {
	switch t := a.place.traits(); {
	case !t.IDs:
		return true
	case !t.Processes:
		now, err := a.place.system.Segment(a.place.Place)
		return err == nil && now.ID == seen.ID
	}
	now, err := a.place.system.SegmentByID(seen.ID)
	return err == nil && now.Key == seen.Key && now.Last == os.Getpid()
}

// isLast tells whether nobody else is attached, so that to detach removes the
// segment, step by step.
func (a *watchAttachment) isLast() bool {
	if !a.place.traits().DetachRemoves {
		return false
	}
	segment, err := a.place.system.SegmentByID(a.id)
	return err != nil || segment.Attached <= 1
}
