//go:build cgo

package qtbridge

import "golang.org/x/sys/unix"

// monotonic is the clock of testpeer, in nanoseconds.
func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}
