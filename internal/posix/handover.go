//go:build linux

package posix

import (
	"fmt"

	"qtinterop/internal/ipc"
	"qtinterop/internal/owner"
)

// HandOver gives the file of the semaphore to the owner of the segment.
func (System) HandOver(p ipc.Place) error {
	segment, err := look(p.Segment)
	if err != nil {
		return nil // there is none
	}
	lock, err := look(p.Lock)
	if err != nil || lock.Uid == segment.Uid {
		return nil
	}
	if err := owner.Give(p.Lock, int(segment.Uid), int(segment.Gid), int64(semaphoreSize())); err != nil {
		return &ipc.Error{Code: ipc.Permission, Err: err, Text: fmt.Sprintf(
			"the segment belongs to user %d, and the lock cannot be given to that user, whom it would shut out: %v; run as that user",
			segment.Uid, err)}
	}
	return nil
}
