//go:build cgo && linux

package native

// #include <errno.h>
// #include "sysv.h"
import "C"

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Waiter waits for what Qt has no notification for. One goroutine waits at a
// time; Interrupt may be called from any.
type Waiter struct{ c C.qtb_waiter }

// Wait waits for w. It takes nothing, wakes nobody else and leaves no trace, but
// occupies an OS thread. It is nil when
// the semaphore was taken and given back, and otherwise [ErrDifferent], EAGAIN
// when the time is over, EINTR after Interrupt, EINVAL or EIDRM when there is no
// such semaphore.
func (r *Waiter) Wait(w Wait) error {
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
	result := C.qtb_sysv_wait(&r.c, &c)
	if result == C.QTB_DIFFERENT {
		return ErrDifferent
	}
	return errno(result)
}

// Interrupt ends the Wait under way, or the next one. The signal for it is the
// one that Go's runtime sends its own threads to interrupt them: it means nothing
// to a thread that is not, or no longer, in the kernel. One that comes just
// before the thread enters the kernel is lost, so it is sent again.
func (r *Waiter) Interrupt() {
	atomic.StoreInt32((*int32)(&r.c.interrupted), 1)
	r.kick()
}

func (r *Waiter) kick() {
	thread := atomic.LoadInt32((*int32)(&r.c.thread))
	if thread == 0 || atomic.LoadInt32((*int32)(&r.c.interrupted)) == 0 {
		return
	}
	_ = unix.Tgkill(unix.Getpid(), int(thread), unix.SIGURG)
	time.AfterFunc(time.Millisecond, r.kick)
}
