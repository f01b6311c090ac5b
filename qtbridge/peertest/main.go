//go:build cgo && linux

package peertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"qtinterop/internal/conformance"
	"qtinterop/internal/pairs"
)

// role is the first argument of a test binary that is no test but a Go program which
// plays rows with a peer, as for [Conform].
const role = "qtinterop-conform"

func init() {
	if len(os.Args) < 2 || os.Args[1] != role {
		return
	}
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if err := conformance.Command(ctx, []string{role}, os.Args[2:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

// apart is set in the environment of tests in namespaces of their own.
const apart = "QTINTEROP_PEERTEST_APART"

// Main runs the tests of a package in namespaces of their own, where this user can have
// them: segments, semaphores, processes, /dev/shm and the directory for temporary files are
// nobody else's, and are gone with the tests, also if those are killed. Elsewhere it runs
// them as they are. It is for TestMain, and does not return:
//
//	func TestMain(m *testing.M) { peertest.Main(m) }
func Main(m *testing.M) {
	if os.Getenv(apart) != "" || !pairs.Apart() {
		os.Exit(m.Run())
	}
	status, err := runApart()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peertest:", err)
	}
	os.Exit(status)
}

// runApart runs this program again, and returns its exit status.
func runApart() (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 1, err
	}
	args := slices.Concat(pairs.OwnNamespaces(), []string{self}, os.Args[1:])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), apart+"=1", "TMPDIR=/dev/shm") // which is empty in there
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // the signal comes with the end of the thread
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); ended {
		return cmd.ProcessState.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
