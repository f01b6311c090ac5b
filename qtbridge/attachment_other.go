//go:build !windows

package qtbridge

import (
	"time"

	"qtinterop/native"
)

// guard takes the lock for detaching, if it can be had.
func (a *attachment) guard() bool {
	return a.lock.tryBriefly(0) || a.lock.tryBriefly(a.waitForLock())
}

// waitForLock is how long detaching waits for the lock. Only what removes the
// segment or the semaphore, and its key file, is better done with the lock in hand.
func (a *attachment) waitForLock() time.Duration {
	if a.lock == nil {
		return 0
	}
	state, err := native.LookSegment(a.file)
	if err == nil && state.Attached > 1 && !a.lock.isOwner() {
		return 0
	}
	return courtesy
}
