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
	systemKey int32       // that the pinned name leads to
	id        int         // of the segment attached to, -1 if none
	seen      ipc.Segment // before
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
	a.id, a.seen, a.data = seen.ID, seen, a.memory.Data()
	// The key file pinned may be another one than that of the look, or have led
	// to another segment.
	if !a.isAttachedTo(seen) {
		a.detach(a.lastDetach() == keeps)
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

// detach detaches. It removes the segment as the last one, unless keeps.
func (a *watchAttachment) detach(keeps bool) {
	if keeps {
		if end, err := a.place.system.Keep(a.id); err == nil {
			defer end()
		}
	}
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
	return a.place.isUsedLast(seen)
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
