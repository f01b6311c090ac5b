//go:build cgo

package native

import (
	"sync"
	"syscall"
	"time"
)

// Waiter waits for what Qt has no notification for. One goroutine waits at a
// time; Interrupt may be called from any.
type Waiter struct {
	once      sync.Once
	interrupt chan struct{}
}

// Wait waits for w. On Windows nothing tells that a semaphore was taken and given
// back: it compares the memory, once an interval. It is [ErrDifferent], EAGAIN
// when the time is over, or EINTR after Interrupt.
func (r *Waiter) Wait(w Wait) error {
	interrupt := r.channel()
	timer := time.NewTicker(max(min(w.Interval, w.Limit), time.Microsecond))
	defer timer.Stop()
	for end := time.Now().Add(w.Limit); ; {
		select {
		case <-interrupt:
			return syscall.EINTR
		case <-timer.C:
		}
		if len(w.Data) == len(w.Copy) && string(w.Data) != string(w.Copy) {
			return ErrDifferent
		}
		if !time.Now().Before(end) {
			return syscall.EAGAIN
		}
	}
}

// Interrupt ends the Wait under way, or the next one.
func (r *Waiter) Interrupt() {
	select {
	case r.channel() <- struct{}{}:
	default: // it was interrupted already
	}
}

func (r *Waiter) channel() chan struct{} {
	r.once.Do(func() { r.interrupt = make(chan struct{}, 1) })
	return r.interrupt
}
