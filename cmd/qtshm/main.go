// Qtshm sees, reads, writes, follows and repairs the shared memory of Qt
// programs that use QSharedMemory. See docs/qtshm.md, or qtshm --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signalError is why a command was told to end: the cause of its context.
type signalError struct{ signal os.Signal }

func (e signalError) Error() string { return "interrupted by signal: " + e.signal.String() }

func main() {
	ctx := notifySignals(context.Background())
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// notifySignals returns a context that the first SIGINT, SIGTERM or SIGHUP ends.
// More of them change nothing: timeout(1) sends two, and to end in the middle of
// a Close would leave behind what it removes.
func notifySignals(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup(1)
		signal.Notify(signals, syscall.SIGHUP)
	}
	// A write to a closed pipe is to be an error, not the end of the process.
	// Notify, unlike Ignore, is not inherited by the programs that we run.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() { cancel(signalError{<-signals}) }()
	return ctx
}
