//go:build cgo && linux

package program

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"

	"qtinterop/internal/peertest"
	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// tick is how long to wait from look to look.
const tick = 10 * time.Millisecond

// mark is the variable in the environment that tells whose a process is.
const mark = "QTINTEROP_PROGRAM"

// Program is a process at work, and all that it has started in turn.
type Program struct {
	cmd   *exec.Cmd
	mark  string
	out   peertest.SyncBuffer
	ended chan struct{}
}

// Start starts a command. What it prints is kept. It is killed if this process is.
func Start(cmd *exec.Cmd) (*Program, error) {
	p := &Program{cmd: cmd, mark: rand.Text(), ended: make(chan struct{})}
	cmd.Env = append(cmd.Environ(), mark+"="+p.mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	cmd.WaitDelay = time.Second
	started := make(chan error)
	go func() {
		// The signal comes with the end of the thread, not of the process, so that it has
		// to be one that stays.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(p.ended)
		}
	}()
	return p, <-started
}

// PID is the process id of the command.
func (p *Program) PID() int { return p.cmd.Process.Pid }

// Output is what the program has printed by now, on stdout and stderr.
func (p *Program) Output() string { return p.out.String() }

// Ended is closed when the command has ended.
func (p *Program) Ended() <-chan struct{} { return p.ended }

// State is how the command has ended; nil if it has not.
func (p *Program) State() *os.ProcessState {
	select {
	case <-p.ended:
		return p.cmd.ProcessState
	default:
		return nil
	}
}

// Kill kills the program with SIGKILL, and waits until none of it is left. All its processes
// are stopped first: one that reads from another would see it end, and end in good order.
func (p *Program) Kill() {
	p.signal(syscall.SIGSTOP)
	killed := p.signal(syscall.SIGKILL)
	<-p.ended
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		// What ends has no environment any more, before the kernel gives back its locks.
		killed = append(killed, p.signal(syscall.SIGKILL)...)
		if !slices.ContainsFunc(killed, isAlive) {
			return
		}
	}
}

// isAlive tells whether there is a process, other than as a zombie.
func isAlive(pid int) bool { return procfs.AliveSince(pid, time.Now()) }

// signal sends a signal to all processes of the program, and returns which they are.
func (p *Program) signal(s syscall.Signal) (pids []int) {
	for _, pid := range procfs.Processes() {
		if p.Is(qtbridge.Process{PID: pid}) && syscall.Kill(pid, s) == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Is tells whether a process is of the program.
func (p *Program) Is(process qtbridge.Process) bool {
	value, err := procfs.Variable(process.PID, mark)
	return process.PID > 0 && err == nil && value == p.mark
}

// Qt is the version of the QtCore that a process of the program has loaded, as the name of
// its file tells it; empty if none is seen.
func (p *Program) Qt() string {
	for _, pid := range procfs.Processes() {
		if p.Is(qtbridge.Process{PID: pid}) {
			if version := procfs.QtCore(pid); version != "" {
				return version
			}
		}
	}
	return ""
}

// Await waits until is, or returns why it did not come to that. A program that has ended
// will do nothing more.
func (p *Program) Await(ctx context.Context, limit time.Duration, what string, is func() (bool, error)) error {
	for deadline := time.Now().Add(limit); ; time.Sleep(tick) {
		over := p.State() != nil || ctx.Err() != nil || time.Now().After(deadline)
		switch done, err := is(); {
		case err != nil:
			return fmt.Errorf("%s: %w", what, err)
		case done:
			return nil
		case over:
			return p.missed(ctx, limit, what)
		}
	}
}

// missed says why something did not come.
func (p *Program) missed(ctx context.Context, limit time.Duration, what string) error {
	if ended := p.State(); ended != nil {
		return fmt.Errorf("the program has ended (%v) without: %s", ended, what)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("not within %v: %s", limit, what)
}

// Errors of what was not to be had.
var (
	errNotHeld = errors.New("the program was not met with the lock in its hand: with a native key Qt before 6.6 has none, and of a POSIX key nobody can tell who holds it")
	errForeign = errors.New("the segment was made by a process that is not of the program")
)
