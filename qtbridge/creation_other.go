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
// does: that resets it, which gives it back as well.
func (l *lock) own(op string) error { return l.make(op, native.Create) }

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
