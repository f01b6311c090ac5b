//go:build cgo && linux

package peertest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"qtinterop/internal/program"
	"qtinterop/qtbridge"
)

// Command is what to start.
type Command struct {
	Path  string // of an executable, or a name to look for in PATH
	Args  []string
	Env   []string       // more of the environment, as NAME=VALUE
	Dir   string         // working directory; empty for that of the Place
	Ready *regexp.Regexp // what the program prints when it is ready; nil not to wait for it
}

// Program is a program at work, and all that it has started in turn. It is killed at the
// end of the test, or as soon as the process of the test is. Everything that is expected of
// it is waited for, as long as the [Place] allows; if it does not come, the test fails, with
// what the program has printed.
type Program struct {
	place   *Place
	t       testing.TB
	running *program.Program
	stdin   io.WriteCloser
	args    []string
}

// logged is how much of what a program has printed a failed test logs, in bytes.
const logged = 4000

// Start starts a program, and waits until it is ready.
func (p *Place) Start(c Command) *Program {
	t := p.t
	t.Helper()
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir = cmp.Or(c.Dir, p.Dir)
	cmd.Env = append(append(os.Environ(), "TMPDIR="+p.Tmp), c.Env...)
	stdin, err := cmd.StdinPipe()
	p.must(err)
	running, err := program.Start(cmd)
	p.must(err)
	p.env.Started(running.PID())
	program := &Program{place: p, t: t, running: running, stdin: stdin, args: cmd.Args}
	t.Cleanup(func() {
		running.Kill()
		if t.Failed() {
			program.log()
		}
	})
	if c.Ready != nil {
		program.ExpectOutput(c.Ready)
	}
	return program
}

func (p *Program) log() {
	text := p.Output()
	if cut := len(text) - logged; cut > 0 {
		text = "... " + text[cut:]
	}
	p.t.Logf("%q printed:\n%s", p.args, text)
}

// PID is the process id.
func (p *Program) PID() int { return p.running.PID() }

// Output is what the program has printed by now, on stdout and stderr.
func (p *Program) Output() string { return p.running.Output() }

// Line writes a line to the program's stdin.
func (p *Program) Line(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, text+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// ExpectOutput waits until the program has printed what matches, and returns the match and
// its groups.
func (p *Program) ExpectOutput(pattern *regexp.Regexp) (match []string) {
	p.t.Helper()
	p.await(fmt.Sprintf("it has printed what matches %q", pattern), func() (bool, error) {
		match = pattern.FindStringSubmatch(p.Output())
		return match != nil, nil
	})
	return match
}

// WaitSegment waits until the program has made a segment, and somebody is attached to it.
func (p *Program) WaitSegment(key qtbridge.Key) qtbridge.State {
	p.t.Helper()
	state, err := p.running.AwaitSegment(p.t.Context(), p.place.Limit, key)
	p.must(err)
	return state
}

// ExpectContent waits until the content of a segment is as it should be, which what says
// in words, and returns it.
func (p *Program) ExpectContent(key qtbridge.Key, what string, is func(content []byte) bool) []byte {
	p.t.Helper()
	content, err := p.running.AwaitContent(p.t.Context(), p.place.Limit, key, what, is)
	if err != nil {
		p.t.Fatalf("%v; the content of %v was %d bytes, %.80q", err, key, len(content), content)
	}
	return content
}

// ExpectBytes waits until the content of a segment is these bytes, and no more.
func (p *Program) ExpectBytes(key qtbridge.Key, want []byte) {
	p.t.Helper()
	p.ExpectContent(key, fmt.Sprintf("the content is %d bytes, %.80q", len(want), want), func(content []byte) bool {
		return bytes.Equal(content, want)
	})
}

// ExpectText waits until the content of a segment is this text, up to the first NUL, in an
// encoding that the program uses.
func (p *Program) ExpectText(key qtbridge.Key, encoding qtbridge.Encoding, want string) {
	p.t.Helper()
	p.ExpectContent(key, fmt.Sprintf("the content is the text %.80q", want), func(content []byte) bool {
		text, err := encoding.DecodeToNUL(content)
		return err == nil && text == want
	})
}

// ExpectRead waits until the program was the last to attach to, detach from or lock a
// segment, such as one that was published.
func (p *Program) ExpectRead(key qtbridge.Key) {
	p.t.Helper()
	p.await(fmt.Sprintf("it has attached to the segment of %v", key), func() (bool, error) { return p.running.HasAttached(key) })
}

// ExpectLock waits until the program was the last to take or give back the lock. Reading, as
// by [Program.ExpectText], takes it too, so that the program must use it again afterwards.
func (p *Program) ExpectLock(key qtbridge.Key) {
	p.t.Helper()
	p.await(fmt.Sprintf("it takes the lock of %v", key), func() (bool, error) { return p.running.HasLocked(key) })
}

// Kill kills the program with SIGKILL, and waits until none of it is left.
func (p *Program) Kill() { p.running.Kill() }

// KillInLock kills the program while it holds the lock of a segment. It is made to wait for
// the lock, and stopped when it has got it. It fails the test if the program is not met with
// the lock: with a native key Qt has none before 6.6, and of a POSIX key nobody can tell who
// holds it.
func (p *Program) KillInLock(key qtbridge.Key) {
	p.t.Helper()
	p.must(p.running.KillInLock(p.t.Context(), p.place.Limit, key))
}

// Wait closes the program's stdin, waits for its end, and returns how it ended.
func (p *Program) Wait() *os.ProcessState {
	p.t.Helper()
	_ = p.stdin.Close()
	select {
	case <-p.running.Ended():
	case <-time.After(p.place.Limit):
		p.t.Fatalf("the program did not end within %v", p.place.Limit)
	}
	return p.running.State()
}

func (p *Program) await(what string, is func() (bool, error)) {
	p.t.Helper()
	p.must(p.running.Await(p.t.Context(), p.place.Limit, what, is))
}

func (p *Program) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}
