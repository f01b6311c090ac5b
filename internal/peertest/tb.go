package peertest

// TB is what this package needs of a testing.TB. Programs that are no tests have one of
// their own, so that they do not link package testing.
type TB interface {
	Helper()
	Log(args ...any)
	Logf(format string, args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	FailNow()
	Failed() bool
	Skip(args ...any)
	Cleanup(f func())
	Setenv(name, value string)
	TempDir() string
}
