package peertest

import (
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Where the testpeers are, in build, and what makes them.
const (
	program = "testpeer/testpeer-qt%d"
	builder = "scripts/build-testpeer"
)

// waitDelay is how long to wait for the end of a process' stderr: for ever.
const waitDelay = 0

// isPassing tells whether a process may start at another try.
func isPassing(error) bool { return false }

// CPU returns the CPU time that the process has taken, all its threads together,
// also those that have ended.
func (p *Process) CPU() time.Duration {
	p.t.Helper()
	const sched = 2 // CPUCLOCK_SCHED: the scheduler's own count, in nanoseconds
	var ts unix.Timespec
	must(p.t, unix.ClockGettime(int32(^p.PID()<<3|sched), &ts))
	return time.Duration(ts.Nano())
}

// Threads returns how many threads the process has.
func (p *Process) Threads() int {
	p.t.Helper()
	tasks, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(p.PID()), "task"))
	must(p.t, err)
	return len(tasks)
}
