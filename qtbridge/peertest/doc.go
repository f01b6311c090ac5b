// Package peertest tests Qt programs that share memory, unchanged, from Go tests: a test
// starts the program, and sees from outside what it does with its segment and its lock.
//
// # A test
//
// A [Place] is a test's own directories and random keys. Start a program in it, expect
// something of its segment, publish to it, expect its reaction:
//
//	func TestViewer(t *testing.T) {
//		place := peertest.New(t)
//		key := place.QtKey() // for setKey(); NativeKey is for setNativeKey()
//		viewer := place.Start(peertest.Command{
//			Path:  "../build/viewer",
//			Args:  []string{"--key", key.Name()},
//			Env:   []string{"QT_QPA_PLATFORM=offscreen"},
//			Ready: regexp.MustCompile("listening"),
//		})
//		viewer.WaitSegment(key)
//		viewer.ExpectText(key, qtbridge.Local8Bit, "page-1")
//	}
//
// Whatever is expected is waited for, for ten seconds unless Place.Limit says else. If it
// does not come, the test fails, and its log has what the program printed. The program is
// killed at the end of the test, with all that it has started, and what is left of its
// segments is removed.
//
// A program that reads is published to:
//
//	place.Publish(key, []byte("page-2"))
//	viewer.ExpectRead(key)                                     // it has attached to it
//	viewer.ExpectOutput(regexp.MustCompile("shows page-2"))
//
// # The lock
//
// [Place.HoldLock] takes the lock that QSharedMemory::lock() takes, so that a program waits;
// [Program.ExpectLock] tells that a program uses it. [Program.KillInLock] kills a program with
// the lock in its hand, which is what a crash in the worst moment does. Afterwards
// [Place.Remove] removes what is left, and [Place.ExpectNothing] sees that nothing is.
//
// # Nothing is left behind
//
// A test that fails leaves nothing behind. One that is killed, as by a time limit of CI,
// takes the programs it has started with it, but not what those have started in turn, nor
// segments. With
//
//	func TestMain(m *testing.M) { peertest.Main(m) }
//
// the tests of a package run in namespaces of their own, where root, or user namespaces,
// allow it: then all that goes, too, and a test meets no segment of others.
//
// # A Qt
//
// [Conform] proves with testpeer, built with the Qt in question, that this Qt and this
// library agree, one subtest for each behaviour. It is qtshm verify as a test.
//
// # Limits
//
// It is for Linux, with cgo. A Place sets TMPDIR, so that tests with one cannot be parallel.
// Whose a process is, is told by a variable in its environment: a program that clears the
// environment of what it starts hides that.
package peertest
