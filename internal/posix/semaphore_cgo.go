//go:build cgo && linux

package posix

// #cgo noescape qtb_posix_take
// #cgo nocallback qtb_posix_take
// #cgo noescape qtb_posix_give
// #cgo nocallback qtb_posix_give
// #include <errno.h>
// #include "posix.h"
import "C"

import (
	"syscall"
	"time"
	"unsafe"

	"qtinterop/internal/ipc"
)

// semaphoreSize is the size of a semaphore's file in bytes.
func semaphoreSize() int { return int(C.qtb_posix_size()) }

func address(memory []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(memory)) }

// valueOf is how much there is to take of the semaphore in memory.
func valueOf(memory []byte) int { return int(C.qtb_posix_value(address(memory))) }

// take takes 1, and waits at most limit for it.
func (f *file) take(limit time.Duration) error {
	switch n := C.qtb_posix_take(address(f.memory), C.int32_t(f.fd), C.int64_t(limit)); n {
	case 0:
		return nil
	case C.EAGAIN, C.EINTR:
		return ipc.ErrTaken
	case C.QTB_UNLINKED:
		return ipc.ErrGone
	default:
		return semaphoreError(n)
	}
}

// give gives back 1, unless somebody else has.
func (f *file) give() error {
	switch n := C.qtb_posix_give(address(f.memory), C.int32_t(f.fd)); n {
	case 0:
		return nil
	case C.QTB_FREE:
		return ipc.ErrLost
	case C.QTB_UNLINKED:
		return ipc.ErrGone
	default:
		return semaphoreError(n)
	}
}

// add adds n.
func (f *file) add(n int) error {
	for range n {
		switch n := C.qtb_posix_add(address(f.memory)); n {
		case 0:
		case C.EOVERFLOW:
			return ipc.ErrFull
		default:
			return semaphoreError(n)
		}
	}
	return nil
}

func semaphoreError(n C.int32_t) error {
	err := syscall.Errno(n)
	return &ipc.Error{Code: ipc.Unknown, Text: "semaphore: " + err.Error(), Err: err}
}
