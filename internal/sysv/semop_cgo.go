//go:build cgo && linux

package sysv

// #include "sysv.h"
import "C"

import "time"

// takeWithin is take that waits at most timeout, while it occupies an OS thread. It is
// EINTR when a signal came.
func takeWithin(id, n int, timeout time.Duration) error {
	return errnoOf(C.qtb_sysv_take(C.int32_t(id), C.int16_t(n), C.int64_t(timeout)))
}

// remove removes the semaphore id, but not its key file. Who waits for it learns
// of it and looks for another one, as in Qt.
func remove(id int) error { return errnoOf(C.qtb_sysv_remove(C.int32_t(id))) }

// giveAway gives the semaphore id to another user and group.
func giveAway(id, uid, gid int) error {
	return errnoOf(C.qtb_sysv_give_away(C.int32_t(id), C.uint32_t(uid), C.uint32_t(gid)))
}
