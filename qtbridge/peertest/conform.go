//go:build cgo && linux

package peertest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"qtinterop/internal/conformance"
	"qtinterop/internal/pairs"
)

// NotApplicable is what a row is skipped with: what it is about the Qt of one side cannot
// do, whoever uses it.
type NotApplicable struct {
	Reason string
	Says   string // what this library returned there
}

func (n NotApplicable) String() string {
	return fmt.Sprintf("not applicable: %s; qtbridge: %s", n.Reason, n.Says)
}

// Conform plays with a peer what a Qt and this library must agree on, as qtshm verify does:
// a subtest for each kind of key, and in it one for each row. The peer is the path of
// testpeer, built with the Qt in question, or of another program that speaks its protocol,
// which cpp/testpeer/README.md has. A row that failed has the transcript of both sides in
// its log; one that the Qt of one side cannot do is skipped with [NotApplicable]. With -short it
// is one payload and fewer rounds.
//
// The rows run in processes of their own, which are this test binary again, two at a time,
// and where it is allowed in namespaces of their own; then a row that leaves a segment, a
// semaphore or a file behind has failed. It takes half a minute.
func Conform(t *testing.T, peer string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := pairs.GoProgram(t.Context(), self, role)
	if err != nil {
		t.Fatal(err)
	}
	tried, _ := pairs.Peer(t.Context(), peer) // its failure is that of each kind of key
	results := map[string]chan conformance.Result{}
	for _, kind := range pairs.Kinds {
		results[kind] = make(chan conformance.Result, 100) // more than there are rows
	}
	runner := pairs.Runner{
		Quick: testing.Short(),
		Row:   func(c *pairs.Cell, result conformance.Result) { results[c.Kind] <- result },
	}
	ended := make(chan error, 1)
	go func() {
		err := runner.Run(t.Context(), pairs.Cells([]pairs.Program{program}, []pairs.Program{tried}))
		for _, kind := range pairs.Kinds {
			close(results[kind])
		}
		ended <- err
	}()
	for _, kind := range pairs.Kinds {
		t.Run(kind, func(t *testing.T) {
			for result := range results[kind] {
				t.Run(result.Row, func(t *testing.T) { tell(t, result) })
			}
		})
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// tell has a subtest end as its row did.
func tell(t *testing.T, result conformance.Result) {
	switch result.Status {
	case conformance.Passed:
		t.Logf("in %.2f s", result.Seconds)
	case conformance.Impossible:
		t.Skip(NotApplicable{Reason: result.Reason, Says: result.Says})
	default:
		t.Errorf("%s\nQt: %s\n%s", result.Reason, result.Documented, strings.Join(result.Transcript, "\n"))
	}
}
