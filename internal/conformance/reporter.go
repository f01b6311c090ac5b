//go:build cgo && linux

package conformance

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
)

// reporter is the testing.TB of a row, as rows run outside of go test too.
type reporter struct {
	mu       sync.Mutex
	lines    []string // the transcript
	failure  string   // the first
	cleanups []func()
}

// maxLine is how much of a line of a transcript is kept, in bytes: enough for what
// was called with what, and not for a payload.
const maxLine = 320

func (r *reporter) record(line string) {
	if len(line) > maxLine {
		line = fmt.Sprintf("%s… (%d bytes)", line[:maxLine], len(line))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *reporter) transcript() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

func (r *reporter) fail(message string) {
	r.record("FAIL: " + message)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == "" {
		r.failure = message
	}
}

func (r *reporter) Helper()                        {}
func (r *reporter) Log(args ...any)                { r.record(fmt.Sprint(args...)) }
func (r *reporter) Logf(format string, a ...any)   { r.record(fmt.Sprintf(format, a...)) }
func (r *reporter) Error(args ...any)              { r.fail(fmt.Sprint(args...)) }
func (r *reporter) Errorf(format string, a ...any) { r.fail(fmt.Sprintf(format, a...)) }
func (r *reporter) Fatal(args ...any)              { r.fail(fmt.Sprint(args...)); runtime.Goexit() }
func (r *reporter) Fatalf(format string, a ...any) {
	r.fail(fmt.Sprintf(format, a...))
	runtime.Goexit()
}
func (r *reporter) FailNow()         { r.Fatal("failed") }
func (r *reporter) Skip(args ...any) { r.Fatal(args...) } // no row can do so
func (r *reporter) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *reporter) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure != ""
}

func (r *reporter) Setenv(name, value string) {
	before, was := os.LookupEnv(name)
	if err := os.Setenv(name, value); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		if was {
			_ = os.Setenv(name, before)
		} else {
			_ = os.Unsetenv(name)
		}
	})
}

func (r *reporter) TempDir() string {
	dir, err := os.MkdirTemp("", "conform")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// run calls f, which may end its goroutine by Fatal, and then the cleanups, the last
// one first.
func (r *reporter) run(f func()) {
	r.guard(f)
	for len(r.cleanups) > 0 {
		last := r.cleanups[len(r.cleanups)-1]
		r.cleanups = r.cleanups[:len(r.cleanups)-1]
		r.guard(last)
	}
}

func (r *reporter) guard(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.fail(fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		f()
	}()
	<-done
}
