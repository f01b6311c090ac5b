package winobj

import (
	"time"

	"qtinterop/internal/ipc"
)

// waiter waits for changes of memory.
type waiter struct{ interrupt chan struct{} }

// NewWaiter returns what waits for changes of a segment.
func (System) NewWaiter() ipc.Waiter { return &waiter{interrupt: make(chan struct{}, 1)} }

// Wait waits for w. On Windows nothing tells that a semaphore was taken and given
// back: it compares the memory, once an interval.
func (r *waiter) Wait(w ipc.Wait) error {
	timer := time.NewTicker(max(min(w.Interval, w.Limit), time.Microsecond))
	defer timer.Stop()
	for end := time.Now().Add(w.Limit); ; {
		select {
		case <-r.interrupt:
			return ipc.ErrInterrupted
		case <-timer.C:
		}
		if len(w.Data) == len(w.Copy) && string(w.Data) != string(w.Copy) {
			return ipc.ErrDifferent
		}
		if !time.Now().Before(end) {
			return ipc.ErrTimeout
		}
	}
}

// Interrupt ends the Wait under way, or the next one.
func (r *waiter) Interrupt() {
	select {
	case r.interrupt <- struct{}{}:
	default: // it was interrupted already
	}
}
