package qtbridge

import (
	"os"

	"qtinterop/internal/ipc"
)

// watchAttachment attaches to one segment after the other for a watcher.
//
// Where Qt's detach() would remove it step by step, and by its name, under which a peer may
// have made its next segment by then, it attaches by the id that the look has found, past
// Qt: that takes a tenth of the time, and touches no file. Elsewhere Qt does it, with a native
// key, which neither needs nor makes the lock; one object serves for all segments, for half
// of the time goes into making it.
type watchAttachment struct {
	key    Key
	place  place
	memory *memory     // nil if there is none
	end    func()      // of what Qt does not know of
	id     int         // of the segment attached to, -1 if none
	seen   ipc.Segment // before
	data   []byte
}

// attach attaches to the segment that a look has seen. It may be gone by now: an
// error that isPassing.
func (a *watchAttachment) attach(seen ipc.Segment) error {
	if a.place.traits().DetachRemoves {
		return a.attachByID(seen)
	}
	if a.memory == nil {
		if err := a.open(); err != nil {
			return err
		}
	}
	if err := a.memory.attachNow(a.place.system, ReadOnly); err != nil {
		a.close() // Qt would remember what the key led to
		return err
	}
	a.id, a.seen, a.data = seen.ID, seen, a.memory.Data()
	if !a.isAttachedTo(seen) {
		a.close()
		return a.wasReplaced()
	}
	return nil
}

// attachByID attaches past Qt.
func (a *watchAttachment) attachByID(seen ipc.Segment) error {
	data, end, err := a.place.system.Keep(seen.ID)
	if err != nil {
		return systemError(opWatch, a.key, err)
	}
	a.id, a.seen, a.data, a.end = seen.ID, seen, data, end
	if now, err := a.place.system.SegmentByID(seen.ID); err != nil || now.Key != seen.Key {
		a.detach(false)
		return a.wasReplaced()
	}
	return nil
}

func (a *watchAttachment) wasReplaced() error {
	return &Error{Op: opWatch, Key: a.key, Code: ErrNotFound, Msg: "it was replaced meanwhile"}
}

// open makes an object for the name.
func (a *watchAttachment) open() error {
	a.memory = newMemory(opWatch, a.key)
	err := a.memory.setName(a.place.system, a.place.Segment, false)
	if err != nil {
		a.close()
	}
	return err
}

func (a *watchAttachment) isAttached() bool { return a.id >= 0 }

// detach detaches. It removes the segment as the last one, unless keeps.
func (a *watchAttachment) detach(keeps bool) {
	id := a.id
	a.id, a.data = -1, nil
	if a.end != nil {
		a.end()
		a.end = nil
		if !keeps {
			a.place.system.Drop(id)
		}
		return
	}
	if a.memory.Detach() != nil {
		a.close()
	}
}

// close leaves nothing behind.
func (a *watchAttachment) close() {
	if a.end != nil {
		a.detach(false)
	}
	if a.memory == nil {
		return
	}
	a.id, a.data = -1, nil
	a.memory.Close()
	a.memory = nil
}

// isAttachedTo tells whether it is the segment that was seen that Qt has attached
// to just now. Without ids a name leads to one object as long as anybody has it.
func (a *watchAttachment) isAttachedTo(seen ipc.Segment) bool {
	if !a.place.traits().IDs {
		return true
	}
	now, err := a.place.system.Segment(a.place.Place)
	return err == nil && now.ID == seen.ID
}

// lastDetach is what to detach is as the last one.
type lastDetach int

const (
	notLast lastDetach = iota
	removes            // the segment, step by step: who was before us has left that to us
	keeps              // it must not: who was before us was killed, and this is what is left
)

// lastDetach tells what to detach is.
func (a *watchAttachment) lastDetach() lastDetach {
	if !a.place.traits().DetachRemoves {
		return notLast
	}
	switch segment, err := a.place.system.SegmentByID(a.id); {
	case err != nil:
		return removes // it is no more
	case segment.Attached > 1:
		return notLast
	case segment.WasLeft(os.Getpid(), a.seen), !a.isFound():
		return removes
	}
	return keeps
}

// isFound tells whether the key leads to the segment still. A create() of Qt 6.6 and
// later that met it has deleted the key file: nobody would find what is kept.
func (a *watchAttachment) isFound() bool {
	found, err := a.place.system.Segment(a.place.Place)
	return err == nil && found.ID == a.id
}
