//go:build linux

package posix

import (
	"time"

	"qtinterop/internal/fault"
	"qtinterop/internal/ipc"
)

// waiter waits for changes of memory.
type waiter struct{ interrupt chan struct{} }

// NewWaiter returns what waits for changes of a segment.
func (System) NewWaiter() ipc.Waiter { return &waiter{interrupt: make(chan struct{}, 1)} }

// Wait waits for w. Nothing tells that a semaphore was taken and given back: to wait
// for it like others is to take the wake that is meant for one of them, and not to,
// is not to be woken. So it compares the memory, once an interval.
func (r *waiter) Wait(w ipc.Wait) error {
	timer := time.NewTicker(max(min(w.Interval, w.Limit), time.Microsecond))
	defer timer.Stop()
	for end := time.Now().Add(w.Limit); ; {
		select {
		case <-r.interrupt:
			return ipc.ErrInterrupted
		case <-timer.C:
		}
		if isDifferent(w.Data, w.Copy) {
			return ipc.ErrDifferent
		}
		if !time.Now().Before(end) {
			return ipc.ErrTimeout
		}
	}
}

// isDifferent compares memory with a copy. Memory that is not there any more is
// different too: whoever looks next finds out why.
func isDifferent(data, last []byte) bool {
	if len(data) != len(last) {
		return false
	}
	different := false
	met := fault.Guard(func() []byte { return data }, func() { different = string(data) != string(last) })
	return different || met
}

// Interrupt ends the Wait under way, or the next one.
func (r *waiter) Interrupt() {
	select {
	case r.interrupt <- struct{}{}:
	default: // it was interrupted already
	}
}
