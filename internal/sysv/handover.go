//go:build linux

package sysv

import (
	"fmt"
	"os"

	"qtinterop/internal/ipc"
	"qtinterop/internal/owner"
)

// HandOver gives the semaphore, and its key file by a descriptor, to the owner of the
// segment.
func (System) HandOver(p ipc.Place) error {
	segment, err := lookSegment(p.Segment)
	if err != nil || segment.IsOrphan() {
		return nil // nobody is shut out
	}
	semaphore, err := lookSemaphore(p.Lock)
	if err != nil || semaphore.Owner == segment.Owner || semaphore.Owner != os.Geteuid() {
		return nil
	}
	// Before the semaphore: without its file nobody would find that.
	if p.Lock != p.Segment {
		if err := owner.Give(p.Lock, segment.Owner, segment.Group, 0); err != nil {
			return handOverError(segment.Owner, err)
		}
	}
	if err := giveAway(semaphore.ID, segment.Owner, segment.Group); err != nil {
		return handOverError(segment.Owner, fmt.Errorf("semctl: %w", err))
	}
	return nil
}

func handOverError(uid int, err error) error {
	return &ipc.Error{Code: ipc.Permission, Err: err, Text: fmt.Sprintf(
		"the segment belongs to user %d, and the lock cannot be given to that user, whom it would shut out: %v; run as that user", uid, err)}
}
