package qtbridge

import "qtinterop/native"

// isAttachedTo does not matter on Windows: a name leads to one object as long as
// anybody has it.
func (v *visitor) isAttachedTo(native.SegmentState) bool { return true }

// isLast tells whether nobody else is attached, so that to detach removes the
// segment.
func (v *visitor) isLast() bool {
	state, err := native.LookSegment(v.path)
	return err != nil || state.Attached <= 1
}
