//go:build !windows

package qtbridge

import (
	"fmt"

	"qtinterop/native"
)

func (c *creation) exists(state native.SegmentState) error {
	msg := fmt.Sprintf("%d bytes, created by process %d, %d attached; attach to it, or let them detach first",
		state.Size, state.Creator, state.Attached)
	if state.Attached == 0 {
		msg = fmt.Sprintf("%d bytes, nobody attached, but process %d, which created it, still runs; attach to it and close",
			state.Size, state.Creator)
	}
	return &Error{Op: c.op, Key: c.key, Code: ErrExists, Msg: msg}
}

// own makes this process the owner of the lock that it holds, as create() of Qt
// does: that resets it, which gives it back as well. If the key file was deleted
// meanwhile, by who owned it, that makes another semaphore. Then the one in hand
// is removed, which has those who wait for it look again: it would stay taken,
// and the next key file can get the inode that leads there.
func (l *lock) own(op string) error {
	held := int(l.id.Load() - 1)
	err := l.make(op, native.Create)
	if state, lookErr := native.LookSemaphore(l.file); err == nil && lookErr == nil && state.ID != held {
		_ = native.RemoveSemaphore(held)
	}
	return err
}

// reclaim removes an orphan as Qt's documentation has it: attach, and detach as
// the last one. It never does while anybody is attached.
func (c *creation) reclaim() error {
	state, err := look(c.op, c.key, c.place.segment)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !isOrphan(state) {
		return c.exists(state)
	}
	mem, err := newMemory(c.op, c.key)
	if err != nil {
		return err
	}
	defer mem.Close()
	if err := mem.attach(c.op, c.key, c.place.segment, ReadOnly); err != nil && !isPassing(err) {
		return err
	}
	return nil
}
