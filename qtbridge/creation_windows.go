package qtbridge

import (
	"fmt"

	"qtinterop/native"
)

func (c *creation) exists(state native.SegmentState) error {
	return &Error{Op: c.op, Key: c.key, Code: ErrExists,
		Msg: fmt.Sprintf("%d bytes, held by %d objects; attach to it, or let them detach first", state.Size, state.Attached)}
}

// own gives back the lock that this process holds. There are no owners: the
// semaphore stays as long as anybody has it open, and create() of Qt does not
// reset it. If somebody else gave it back, the segment is ours nevertheless.
func (l *lock) own(string) error {
	_ = l.give()
	return nil
}

// reclaim has nothing to do: no segment outlives those who have it open.
func (c *creation) reclaim() error { return nil }
