//go:build cgo

package main

import (
	"context"
	"io"
	"os"
	"syscall"
	"testing"
)

// withBinary has the test binary be qtshm where f starts it: there is no go
// command to build one where the tests run.
func withBinary(_ string, f func()) error {
	binary = itself
	if err := os.Setenv(asQtshm, "1"); err != nil {
		return err
	}
	f()
	return nil
}

// causesOfNew are what watch says of a new segment: one that follows at once looks
// like the one before, which has no id.
var causesOfNew = []string{"created", "changed"}

// signals are what the console says of Ctrl-C, and of its end.
var signals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// start starts qtshm in this process: another one cannot be sent what a console
// does. scripts/windows tries a console.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	ended := make(chan int, 1)
	p := &process{t: t, stdin: stdin, stdout: stdout}
	p.send = func(s os.Signal) error { cancel(signalError{s}); return nil }
	p.kill = func() { cancel(nil) }
	p.wait = func() int { return <-ended }
	go func() {
		defer out.Close()
		ended <- run(ctx, args, in, out, &p.err)
	}()
	t.Cleanup(p.kill)
	return p
}
