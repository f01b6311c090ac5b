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
	result := C.int32_t(C.EAGAIN)
	for end := time.Now().Add(w.Limit); result == C.EAGAIN; {
		slice := time.Until(end)
		if slice <= 0 {
			return ipc.ErrTimeout
		}
		if w.Expect > 0 && w.Interval >= w.Limit { // nothing is to be compared meanwhile
			slice = min(slice, warmSlice)
			w.Expect -= slice
			runtime.Gosched()
		}
		result = r.wait(w, slice)
	}
	switch result {
	case 0:
		return nil
	case C.QTB_COPIED:
		return ipc.ErrCopied
	case C.QTB_DIFFERENT:
		return ipc.ErrDifferent
	case C.EINTR:
		return ipc.ErrInterrupted
	case C.EINVAL, C.EIDRM:
		return ipc.ErrGone
	default:
		return semopError(ipc.Unknown, syscall.Errno(result))
	}
}

// warmSlice is how long a wait is at most where a change is expected. To a thread that is
// away for 10 ms Go's scheduler gives its place to others, and then sleeps: to come back takes
// ten times as long, and to wake its monitor up costs more than to wake up here.
const warmSlice = 5 * time.Millisecond

// wait waits for at most limit.
func (r *waiter) wait(w ipc.Wait, limit time.Duration) C.int32_t {
	c := C.qtb_wait{
		semaphore:   C.int32_t(w.Semaphore),
		interval_ns: C.int64_t(w.Interval),
		limit_ns:    C.int64_t(limit),
	}
	if w.CheckLast && w.Semaphore >= 0 {
		c.check_last = 1
	}
	var last, room unsafe.Pointer // arguments of their own: to pin them takes longer
	if len(w.Data) > 0 && len(w.Data) == len(w.Copy) {
		last = unsafe.Pointer(unsafe.SliceData(w.Copy))
		c.data, c.size, c.segment = unsafe.Pointer(unsafe.SliceData(w.Data)), C.size_t(len(w.Data)), C.int32_t(w.Segment)
		if len(w.Room) == len(w.Data) {
			room = unsafe.Pointer(unsafe.SliceData(w.Room))
		}
	}
	return C.qtb_sysv_wait(&r.c, &c, last, room)
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
