package qtbridge

import "qtinterop/native"

// visitor attaches to one segment after the other for a watcher, as Qt does with
// a native key, which neither needs nor makes the lock. It keeps its object from
// visit to visit, for one half of the time goes into making it.
//
// The key is the pinned key file, which Qt cannot delete: as the last to detach
// Qt removes the segment and then deletes the file by its name, under which a
// peer may have made its next segment by then.
type visitor struct {
	key    Key
	path   string // of the key file
	memory *memory
	unpin  func()
	ipcKey int32 // what the pinned file leads to
	id     int   // of the segment attached to, -1 if none
	data   []byte
}

// attach attaches to the segment that a look has seen. It may be gone by now: an
// error that isPassing.
func (v *visitor) attach(seen native.SegmentState) error {
	if v.memory == nil || v.ipcKey != seen.IPCKey {
		if err := v.turnTo(seen.IPCKey); err != nil {
			return err
		}
	}
	if err := v.memory.attachNow("watch", v.key, ReadOnly); err != nil {
		v.close() // Qt would remember what the key led to
		return err
	}
	v.id, v.data = seen.ID, v.memory.Data()
	// The key file pinned may be another one than that of the look, or have led
	// to another segment.
	if !v.isAttachedTo(seen) {
		v.close()
		return &Error{Op: "watch", Key: v.key, Code: ErrNotFound, Msg: "it was replaced meanwhile"}
	}
	return nil
}

// turnTo makes an object for a key file.
func (v *visitor) turnTo(ipcKey int32) error {
	v.close()
	mem, err := newMemory("watch", v.key)
	if err != nil {
		return err
	}
	pinned, unpin, err := pin("watch", v.key, v.path)
	if err != nil {
		mem.Close()
		return err
	}
	v.memory, v.unpin, v.ipcKey = mem, unpin, ipcKey
	if err := mem.SetNativeKey(pinned); err != nil {
		v.close()
		return qtError("watch", v.key, err)
	}
	return nil
}

func (v *visitor) isAttached() bool { return v.id >= 0 }

func (v *visitor) detach() {
	v.id, v.data = -1, nil
	if v.memory.Detach() != nil {
		v.close() // it was the last one, and could not delete the file
	}
}

// close leaves nothing behind.
func (v *visitor) close() {
	if v.memory == nil {
		return
	}
	v.id, v.data = -1, nil
	v.memory.Close()
	v.unpin()
	v.memory = nil
}
