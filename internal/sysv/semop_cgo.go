//go:build cgo && linux

package sysv

// #include "sysv.h"
import "C"

import "time"

// take takes n at once, and waits at most timeout, while it occupies an OS
// thread. The error is an errno: EAGAIN when the time is over, EINTR when a signal
// came, EINVAL or EIDRM when there is no such semaphore.
func take(id, n int, timeout time.Duration) error {
	if timeout <= 0 {
		return semop(id, []sembuf{{op: int16(-n), flags: semUndo | ipcNoWait}})
	}
	return errnoOf(C.qtb_sysv_take(C.int32_t(id), C.int16_t(n), C.int64_t(timeout)))
}

// remove removes the semaphore id, but not its key file. Who waits for it learns
// of it and looks for another one, as in Qt.
func remove(id int) error { return errnoOf(C.qtb_sysv_remove(C.int32_t(id))) }
