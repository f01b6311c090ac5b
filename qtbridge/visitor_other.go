//go:build !windows

package qtbridge

import (
	"os"

	"qtinterop/native"
)

// isAttachedTo tells whether it is the segment that was seen that Qt has attached
// to just now.
func (v *visitor) isAttachedTo(seen native.SegmentState) bool {
	now, err := native.LookSegmentID(seen.ID)
	return err == nil && now.IPCKey == seen.IPCKey && now.Last == os.Getpid()
}

// isLast tells whether nobody else is attached, so that to detach removes the
// segment.
func (v *visitor) isLast() bool {
	state, err := native.LookSegmentID(v.id)
	return err != nil || state.Attached <= 1
}
