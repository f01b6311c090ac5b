//go:build !windows

package qtbridge

import (
	"context"
	"time"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// unjam has Qt reset the lock if it is jammed.
func (l *lock) unjam(_ context.Context, _ <-chan struct{}, op string) error {
	if !l.isJammed() {
		return nil
	}
	return l.make(op, native.Create)
}

// isForsaken tells whether who took the semaphore, which is 0, is gone. One that
// nobody ever used was made by a process that came no further: Qt makes it 0 and
// then sets its value.
func isForsaken(s native.SemaphoreState) bool {
	if s.Last == 0 && !s.Used {
		return time.Since(time.Unix(s.Changed, 0)) > fresh+time.Second // it is in whole seconds
	}
	return !procfs.Alive(s.Last)
}

// isJammed tells whether the lock is taken and its taker gone, so that nobody
// will ever give it back. The second look is for a taker that ended during the
// first: the kernel gave the lock back since.
func (l *lock) isJammed() bool {
	seen, err := native.LookSemaphore(l.file)
	if err != nil || seen.Value > 0 || !isForsaken(seen) {
		return false
	}
	now, err := native.LookSemaphore(l.file)
	return err == nil && now == seen
}
