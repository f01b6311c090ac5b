package peertest

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Where the testpeers are, in build, and what makes them.
const (
	program = "windows/bin/testpeer-qt%d.exe"
	builder = "scripts/windows build"
)

// waitDelay is how long to wait for the end of a process' stderr. Under Wine 8.0
// it does not always come when the process has ended.
const waitDelay = time.Second

// isPassing tells whether a process may start at another try: Wine 8.0 answers
// with an internal error now and then.
func isPassing(err error) bool { return errors.Is(err, windows.ERROR_INTERNAL_ERROR) }

// CPU returns the CPU time that the process has taken, all its threads together.
// Under Wine that leaves out what wineserver did for it.
func (p *Process) CPU() time.Duration {
	p.t.Helper()
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(p.PID()))
	must(p.t, err)
	defer func() { _ = windows.CloseHandle(process) }()
	var created, ended, kernel, user windows.Filetime
	must(p.t, windows.GetProcessTimes(process, &created, &ended, &kernel, &user))
	return span(kernel) + span(user)
}

// span is a Filetime that is no date.
func span(t windows.Filetime) time.Duration {
	const unit = 100 * time.Nanosecond
	return time.Duration(uint64(t.HighDateTime)<<32|uint64(t.LowDateTime)) * unit
}

// Threads returns how many threads the process has.
func (p *Process) Threads() int {
	p.t.Helper()
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	must(p.t, err)
	defer func() { _ = windows.CloseHandle(snapshot) }()
	var thread windows.ThreadEntry32
	thread.Size = uint32(unsafe.Sizeof(thread))
	n := 0
	for err = windows.Thread32First(snapshot, &thread); err == nil; err = windows.Thread32Next(snapshot, &thread) {
		if thread.OwnerProcessID == uint32(p.PID()) {
			n++
		}
	}
	return n
}
