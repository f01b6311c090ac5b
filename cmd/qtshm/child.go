package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// child is a program that a command runs.
type child struct {
	cmd      *exec.Cmd
	terminal bool // it shares a terminal with us, which sends SIGINT to both
}

// newChild is the program at path with the command line command.
func (a *app) newChild(path string, command []string) *child {
	cmd := exec.Command(path, command[1:]...)
	cmd.Args[0] = command[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, a.err
	return &child{cmd: cmd, terminal: isTerminal(a.in)}
}

// findCommand is the path of a program.
func findCommand(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", cannotRun(name, errors.Unwrap(err))
	}
	return path, nil
}

// cannotRun is the error of a command that does not begin, with the status that a shell
// has for it.
func cannotRun(name string, err error) error {
	status := exitCannotRun
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
		status = exitNoCommand
	}
	return refusedf(status, "the command %q cannot be run: %v", name, err)
}

// runWith runs the program with data on stdin. A signal that ends ctx is passed
// to it, and its end waited for.
func (c *child) runWith(ctx context.Context, data []byte) error {
	c.cmd.Stdin = bytes.NewReader(data)
	return c.run(ctx)
}

// run runs the program, and passes on the signal that ends ctx, and later ones.
// Its error is how the program ended.
func (c *child) run(ctx context.Context) error {
	if err := c.cmd.Start(); err != nil {
		return cannotRun(c.cmd.Args[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.cmd.Wait() }()
	later := make(chan os.Signal, 8)
	defer signal.Stop(later)
	done := ctx.Done()
	for {
		select {
		case err := <-ended:
			return explain(err)
		case <-done:
			done = nil
			c.pass(causeSignal(ctx))
			signal.Notify(later, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		case s := <-later:
			c.pass(s)
		}
	}
}

// pass passes a signal on, unless the terminal has sent it to both. Windows has no
// signals to pass: the console tells all its programs.
func (c *child) pass(s os.Signal) {
	if s == os.Signal(syscall.SIGINT) && c.terminal {
		return
	}
	_ = c.cmd.Process.Signal(s) // it may have ended just now
}

// causeSignal is the signal that ended ctx.
func causeSignal(ctx context.Context) os.Signal {
	if cause, ok := errors.AsType[signalError](context.Cause(ctx)); ok {
		return cause.signal
	}
	return syscall.SIGTERM
}

// endError is how a program ended, other than with status 0.
type endError struct {
	status int // 128 + n after signal n, as a shell has it
	text   string
}

func (e endError) Error() string { return e.text }

// explain makes an endError of what Wait returned, if the program ran.
func explain(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return endError{128 + int(status.Signal()), fmt.Sprintf("ended by signal %d (%v)", status.Signal(), status.Signal())}
	}
	return endError{exit.ExitCode(), fmt.Sprintf("ended with status %d", exit.ExitCode())}
}
