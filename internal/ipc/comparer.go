package ipc

import "time"

// comparer is a [Waiter] that compares memory, once an interval, where nothing tells
// that a semaphore was taken and given back.
type comparer struct {
	isDifferent func(data, last []byte) bool
	interrupt   chan struct{}
}

// NewComparer returns a [Waiter] for a system that does not tell of changes. It compares
// memory with its copy by isDifferent.
func NewComparer(isDifferent func(data, last []byte) bool) Waiter {
	return &comparer{isDifferent: isDifferent, interrupt: make(chan struct{}, 1)}
}

// Wait waits for w, but not for its semaphore.
func (c *comparer) Wait(w Wait) error {
	timer := time.NewTicker(max(min(w.Interval, w.Limit), time.Microsecond))
	defer timer.Stop()
	for end := time.Now().Add(w.Limit); ; {
		select {
		case <-c.interrupt:
			return ErrInterrupted
		case <-timer.C:
		}
		if len(w.Data) == len(w.Copy) && c.isDifferent(w.Data, w.Copy) {
			return ErrDifferent
		}
		if !time.Now().Before(end) {
			return ErrTimeout
		}
	}
}

// Interrupt ends the Wait under way, or the next one.
func (c *comparer) Interrupt() {
	select {
	case c.interrupt <- struct{}{}:
	default: // it was interrupted already
	}
}
