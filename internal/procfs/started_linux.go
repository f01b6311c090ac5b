package procfs

import (
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// AliveSince tells whether there is a process pid that can have done something at a
// time, which is known in whole seconds: pids are given anew, and one that started
// later is another process. One that has ended and that nobody has waited for is
// gone. Where it cannot be told, as with the zero time, it is [Alive].
//
// A clock that was set forward by more than a second since makes processes look
// younger, and is noticed only if it was set by more than the system ran at the time.
func AliveSince(pid int, at time.Time) bool {
	if pid <= 0 || !Alive(pid) {
		return pid <= 0
	}
	p, ok := readStatus(pid)
	switch {
	case !ok:
		return true
	case p.ended:
		return false
	}
	boot := bootTime()
	if at.IsZero() || at.Before(boot.Add(-accuracy)) {
		return true // else there would be nothing left of what was done then
	}
	return !boot.Add(p.started).After(at.Add(accuracy))
}

// accuracy is that of the kernel's whole seconds, which it counts by the tick of a clock.
const accuracy = time.Second + 100*time.Millisecond

// bootTime is when the system started, by the clock as it goes now.
func bootTime() time.Time {
	var running unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &running); err != nil {
		return time.Time{}
	}
	return time.Now().Add(-time.Duration(running.Nano()))
}

// status is what /proc/PID/stat says.
type status struct {
	ended   bool          // a zombie, with all its threads
	started time.Duration // after the system
}

// The fields of /proc/PID/stat after the name of the program, as proc(5) counts them
// from the third, and the unit of times there: USER_HZ, which is the same on all systems.
const (
	statState   = 0  // (3)
	statThreads = 17 // (20)
	statStarted = 19 // (22)
	statTick    = time.Second / 100
)

// isOurs tells whether /proc is that of our pid namespace, and not of one outside of it,
// where our pids are those of other processes.
var isOurs = sync.OnceValue(func() bool {
	self, err := os.Readlink(root + "/self")
	return err == nil && self == strconv.Itoa(os.Getpid())
})

func readStatus(pid int) (status, bool) {
	if !isOurs() {
		return status{}, false
	}
	fields := statFields(pid)
	if len(fields) <= statStarted {
		return status{}, false
	}
	ticks, err := strconv.ParseInt(string(fields[statStarted]), 10, 64)
	if err != nil {
		return status{}, false
	}
	threads, _ := strconv.Atoi(string(fields[statThreads]))
	state := fields[statState][0]
	return status{
		ended:   (state == 'Z' || state == 'X') && threads <= 1, // else only its first thread has
		started: time.Duration(ticks) * statTick,
	}, true
}
