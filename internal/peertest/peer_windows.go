package peertest

import "time"

// Where the testpeers are, in build, and what makes them.
const (
	program = "windows/bin/testpeer-qt%d.exe"
	builder = "scripts/windows build"
)

// waitDelay is how long to wait for the end of a process' stderr. Under Wine 8.0
// it does not always come when the process has ended.
const waitDelay = time.Second
