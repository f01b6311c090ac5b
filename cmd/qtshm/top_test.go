//go:build cgo && linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// screen is a terminal with a shell in it.
type screen struct {
	t      *testing.T
	socket string
}

func newScreen(t *testing.T, program string) *screen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		peertest.Skip(t, "there is no tmux: run scripts/setup")
	}
	dir, err := os.MkdirTemp("/tmp", "qtshm") // a socket's path must be short
	require.NoError(t, err)
	s := &screen{t, filepath.Join(dir, "tmux")}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", s.socket, "kill-server").Run()
		_ = os.RemoveAll(dir)
	})
	s.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "env PS1='ready$ ' QTSHM="+program+" sh")
	s.waitFor("ready$")
	return s
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	require.NoError(s.t, err, "%s", out)
	return string(out)
}

func (s *screen) keys(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}
func (s *screen) text() string { s.t.Helper(); return s.tmux("capture-pane", "-p") }

// alternate tells whether a full-screen program has the terminal.
func (s *screen) alternate() bool {
	return strings.HasPrefix(s.tmux("display", "-p", "#{alternate_on}"), "1")
}

func (s *screen) eventually(what string, is func(text string) bool) {
	s.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !is(s.text()) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the screen does not show %s:\n%s", what, s.text())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *screen) waitFor(text string) {
	s.t.Helper()
	s.eventually(text, func(all string) bool { return strings.Contains(all, text) })
}

// restored requires that the shell has its terminal back, with echo.
func (s *screen) restored() {
	s.t.Helper()
	s.eventually("the shell", func(string) bool { return !s.alternate() })
	// Between that and its prompt the terminal is set, which drops what was typed.
	s.eventually("the prompt", func(all string) bool { return strings.HasSuffix(strings.TrimSpace(all), "ready$") })
	s.keys("stty -a | grep -c ' echo ' ; echo sta''tus", "Enter")
	s.waitFor("status")
	s.eventually("echo", func(all string) bool { return strings.Contains(all, "1\nstatus") })
}

func topProgram(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "qtshm")
	tags := ""
	if _, qt := qtbridge.QtVersion(); strings.HasPrefix(qt, "5") {
		tags = "qt5"
	}
	out, err := exec.Command("go", "build", "-tags", tags, "-o", path, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

func TestTop(t *testing.T) {
	program := topProgram(t)
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		s := newScreen(t, program)
		s.keys("$QTSHM top", "Enter")
		s.waitFor("qtshm top:")
		assert.True(t, s.alternate())

		key := qtbridge.QtKey(plainName(env)[:14])
		s.keys("/", key.Name(), "Enter")
		s.waitFor("qtshm top: 0 of")
		peer := env.Verbs(qt)
		makes(peer, key, 32)
		s.waitFor("> " + key.Name())
		for _, content := range []string{"first content", "other content"} {
			peer.Must("shm.lock", key.String(), nil)
			peer.Do("shm.write", key.String(), peertest.Args{"data": []byte(content)})
			peer.Must("shm.unlock", key.String(), nil)
			s.waitFor(content)
		}
		s.keys("?")
		s.waitFor("any key goes back")
		s.keys("x", "s")
		s.waitFor("by size")
		s.keys("d")
		s.waitFor("only what is orphaned is removed")
		s.keys("f")
		s.waitFor("PAUSED")
		s.keys("f")
		peer.Kill()
		s.waitFor("(not read: it is orphaned, with nobody attached")
		s.keys("d")
		s.waitFor("y/n")
		s.keys("y")
		s.waitFor("(removed)")
		s.eventually("no segment", func(all string) bool { return !strings.Contains(all, "orphaned") })
		segment, lock, err := key.KeyFiles()
		require.NoError(t, err)
		assert.NoFileExists(t, segment)
		s.keys("q")
		s.restored()
		// The lock stays while top runs, which was the last to use it.
		_, err = qtbridge.Recover(t.Context(), key, qtbridge.Policy{})
		require.NoError(t, err)
		assert.NoFileExists(t, lock)
	})
}

func TestTopOnSIGTERM(t *testing.T) {
	peertest.New(t)
	s := newScreen(t, topProgram(t))
	s.keys("$QTSHM top", "Enter")
	s.waitFor("qtshm top:")
	pid := topPID(t, s)
	require.NoError(t, exec.Command("kill", strconv.Itoa(pid)).Run())
	s.restored()
	s.waitFor("interrupted by signal: terminated")
}

// topPID is the process in the foreground of the shell.
func topPID(t *testing.T, s *screen) int {
	t.Helper()
	shell := strings.TrimSpace(s.tmux("display", "-p", "#{pane_pid}"))
	children, err := os.ReadFile("/proc/" + shell + "/task/" + shell + "/children")
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.Fields(string(children))[0])
	require.NoError(t, err)
	return pid
}
