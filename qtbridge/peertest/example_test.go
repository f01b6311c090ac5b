//go:build cgo && linux

package peertest_test

import (
	"fmt"
	"regexp"
	"testing"

	"qtinterop/qtbridge"
	"qtinterop/qtbridge/peertest"
)

// A Qt program that makes a segment for each line of its stdin.
func Example() {
	inTest(func(t testing.TB) { // a test has a t of its own
		place := peertest.New(t)
		key := place.QtKey()
		writer := place.Start(peertest.Command{Path: testpeer(), Args: []string{"writer", "--set-key", "--", key.Name()}})
		writer.Line("page-1")
		state := writer.WaitSegment(key)
		writer.ExpectText(key, qtbridge.Local8Bit, "page-1")
		fmt.Println(state.Verdict, state.Segment.Size, state.Segment.Creator.PID == writer.PID())

		fmt.Println(writer.Wait())
		place.ExpectNothing(key)
	})
	// Output:
	// live 6 true
	// exit status 0
}

// A Qt program that reads reacts to what is published.
func ExamplePlace_Publish() {
	inTest(func(t testing.TB) {
		place := peertest.New(t)
		key := place.NativeKey()
		poller := place.Start(peertest.Command{Path: testpeer(), Args: []string{"poller", "--", key.Name()}})
		place.Publish(key, []byte("page-1"))
		poller.ExpectRead(key)
		match := poller.ExpectOutput(regexp.MustCompile(`"text":"(.*?)"`))
		fmt.Println(match[1])
	})
	// Output: page-1
}

// A Qt program crashes with the lock in its hand. The kernel gives it back, so that others
// go on.
func ExampleProgram_KillInLock() {
	inTest(func(t testing.TB) {
		place := peertest.New(t)
		key := place.QtKey()
		place.Publish(key, []byte("page-1"))
		poller := place.Start(peertest.Command{Path: testpeer(), Args: []string{"poller", "--set-key", "--", key.Name()}})
		poller.KillInLock(key)
		release := place.HoldLock(key)
		fmt.Println("we have it")
		release()
	})
	// Output: we have it
}

// In a test: every behaviour, as a subtest of its own.
func ExampleConform() {
	test := func(t *testing.T) { peertest.Conform(t, "testpeer-qt6") }
	_ = test
}
