//go:build cgo && linux

package sysv

// #include <errno.h>
// #include "sysv.h"
import "C"

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
)

// waiter waits within the kernel, for a semaphore or the time.
type waiter struct{ c C.qtb_waiter }

// NewWaiter returns a waiter. Wait occupies an OS thread.
func (System) NewWaiter() ipc.Waiter { return &waiter{} }

// Wait waits for w without a trace.
func (r *waiter) Wait(w ipc.Wait) error {
	var pins runtime.Pinner
	defer pins.Unpin()
	c := C.qtb_wait{
		semaphore:   C.int32_t(w.Semaphore),
		interval_ns: C.int64_t(min(w.Interval, w.Limit)),
		limit_ns:    C.int64_t(w.Limit),
	}
	if w.CheckLast && w.Semaphore >= 0 {
		c.check_last = 1
	}
	if len(w.Data) > 0 && len(w.Data) == len(w.Copy) {
		pins.Pin(unsafe.SliceData(w.Copy))
		c.data = unsafe.Pointer(unsafe.SliceData(w.Data))
		c.copy = unsafe.Pointer(unsafe.SliceData(w.Copy))
		c.size = C.size_t(len(w.Data))
	}
	switch result := C.qtb_sysv_wait(&r.c, &c); result {
	case 0:
		return nil
	case C.QTB_DIFFERENT:
		return ipc.ErrDifferent
	case C.EAGAIN:
		return ipc.ErrTimeout
	case C.EINTR:
		return ipc.ErrInterrupted
	case C.EINVAL, C.EIDRM:
		return ipc.ErrGone
	default:
		return semopError(ipc.Unknown, syscall.Errno(result))
	}
}

// Interrupt ends the Wait under way, or the next one. The signal for it is the
// one that Go's runtime sends its own threads to interrupt them: it means nothing
// to a thread that is not, or no longer, in the kernel. One that comes just
// before the thread enters the kernel is lost, so it is sent again.
func (r *waiter) Interrupt() {
	atomic.StoreInt32((*int32)(&r.c.interrupted), 1)
	r.kick()
}

func (r *waiter) kick() {
	thread := atomic.LoadInt32((*int32)(&r.c.thread))
	if thread == 0 || atomic.LoadInt32((*int32)(&r.c.interrupted)) == 0 {
		return
	}
	_ = unix.Tgkill(unix.Getpid(), int(thread), unix.SIGURG)
	time.AfterFunc(time.Millisecond, r.kick)
}
