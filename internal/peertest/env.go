//go:build linux || windows

package peertest

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"time"

	"qtinterop/internal/observer"
)

// Env is a test's own place: a TMPDIR for the key files of QtKeys and a working
// directory for those of native keys. Where segments and semaphores outlive
// processes, whatever still hangs on a key file in there at the end is removed,
// and reported unless the test has said that it leaves something.
type Env struct {
	T           TB
	Tmp         string          // TMPDIR of this process and of peers
	Work        string          // working directory of peers
	Other       string          // another directory
	Limit       time.Duration   // after which a process is killed; zero for never
	Interrupted <-chan struct{} // when it is closed, all processes are killed; may be nil
	leftover    bool
	begun       time.Time
	pids        []int // whose remains without a key file are removed as well
	logged      int   // of how many the stderr was logged
}

// New makes an Env and sets TMPDIR to its Tmp.
func New(t TB) *Env {
	t.Helper()
	root := tempDir(t)
	e := &Env{T: t, Tmp: filepath.Join(root, "tmp"), Work: filepath.Join(root, "work"), Other: filepath.Join(root, "other"), begun: time.Now()}
	for _, dir := range []string{e.Tmp, e.Work, e.Other} {
		must(t, os.Mkdir(dir, 0o777))
		must(t, os.Chmod(dir, 0o777))
	}
	t.Setenv("TMPDIR", e.Tmp)
	t.Cleanup(func() { e.sweep(root) })
	return e
}

// LeavesBehind says that the test leaves system objects behind on purpose, also
// such that this process used last.
func (e *Env) LeavesBehind() {
	e.ProgramsLeaveBehind()
	e.pids = append(e.pids, os.Getpid())
}

// ProgramsLeaveBehind says that programs leave system objects behind, as those do that
// are killed.
func (e *Env) ProgramsLeaveBehind() { e.leftover = true }

// Started says which process was started here, so that its remains are removed as well.
func (e *Env) Started(pid int) { e.pids = append(e.pids, pid) }

// Name returns a random name for a key.
func (e *Env) Name() string { return "qtb" + rand.Text() }

// Files returns the names of the files in dir.
func (e *Env) Files(dir string) []string {
	e.T.Helper()
	entries, err := os.ReadDir(dir)
	must(e.T, err)
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func must(t TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Raw returns what the observer reads from the segment of a key file.
func (e *Env) Raw(path string) []byte {
	e.T.Helper()
	data, err := observer.Read(path)
	must(e.T, err)
	return data
}
