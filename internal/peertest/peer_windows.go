package peertest

// Where the testpeers are, in build, and what makes them.
const (
	program = "windows/bin/testpeer-qt%d.exe"
	builder = "scripts/windows build"
)
