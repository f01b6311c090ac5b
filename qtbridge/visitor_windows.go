package qtbridge

import "qtinterop/native"

// isAttachedTo does not matter on Windows: a name leads to one object as long as
// anybody has it.
func (v *visitor) isAttachedTo(native.SegmentState) bool { return true }

// isLast does not matter either: to detach as the last one needs no lock.
func (v *visitor) isLast() bool { return false }
