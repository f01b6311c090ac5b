//go:build cgo

package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// A signal is passed to the command, and its end waited for.
func TestWatchCommandInterrupted(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("x"))
	p := start(t, "watch", key, "--", "sh", "-c", `trap 'echo trapped; exit' TERM; echo ready; while :; do sleep 0.01; done`)
	assert.Equal(t, "ready", p.line())
	p.signal(syscall.SIGTERM)
	r := p.end()
	assert.Equal(t, exitInterrupted, r.status)
	assert.Equal(t, "trapped\n", r.out)
}

// Signals reach the command, all of them, and the lock is given back.
func TestLockPassesSignals(t *testing.T) {
	for _, s := range signals {
		e := peertest.New(t)
		key := e.Name()
		segmentOf(e, 6, key, []byte("data"))
		_, lock := files(t, key)
		p := start(t, "lock", key, "--", "sh", "-c",
			`n=0; trap 'n=$((n+1)); echo $n; [ $n -lt 2 ] || exit 5' HUP INT TERM; echo ready; while :; do sleep 0.01; done`)
		assert.Equal(t, "ready", p.line())
		for _, n := range []string{"1", "2"} {
			p.signal(s)
			assert.Equal(t, n, p.line())
		}
		assert.Equal(t, 5, p.end().status)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)

		p = start(t, "lock", key, "--", "sleep", "60")
		require.Eventually(t, func() bool { return observer.LookSemaphore(lock).Value == 0 }, limit, time.Millisecond)
		require.Eventually(t, func() bool { return hasChild(p.cmd.Process.Pid) }, limit, time.Millisecond)
		p.signal(s)
		assert.Equal(t, 128+int(s), p.end().status)
	}
}

// hasChild tells whether a process has started its sleep.
func hasChild(pid int) bool {
	tasks, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, task := range tasks {
		stat, _ := os.ReadFile(task)
		fields := strings.Fields(string(stat))
		if len(fields) > 3 && fields[1] == "(sleep)" && fields[3] == strconv.Itoa(pid) {
			return true
		}
	}
	return false
}

// --create makes a semaphore that stays, and leaves alone one that exists.
func TestSemaphoreCreate(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	e.LeavesBehind()
	assert.Equal(t, "5\n", ok(t, "sem", key, "value", "--create", "5"))
	assert.Equal(t, "5\n", ok(t, "sem", key, "value", "--create", "9"))
	_, lock := files(t, key)
	assert.Equal(t, 5, observer.LookSemaphore(lock).Value)
}

// untilWaiting returns when somebody waits for a semaphore.
func untilWaiting(t *testing.T, name string) {
	t.Helper()
	key, err := qtbridge.ParseKey(name)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		state, err := qtbridge.Inspect(key)
		return err == nil && state.Lock.Waiters == 1
	}, limit, time.Millisecond)
}

// The lock of a command that is killed is given back, and the signal told.
func TestLockKilledCommand(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("data"))
	assert.Equal(t, 128+9, do(t, "lock", key, "--", "sh", "-c", "kill -KILL $$").status)
}

// What cannot be run has the status that a shell has for it, and no lock is left.
func TestLockCommandThatCannotRun(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("data"))
	_, lock := files(t, key)
	broken := filepath.Join(e.Work, "broken")
	require.NoError(t, os.WriteFile(broken, []byte("\x00\x01"), 0o755))
	plain := filepath.Join(e.Work, "plain")
	require.NoError(t, os.WriteFile(plain, nil, 0o644))
	nowhere := filepath.Join(e.Work, "nowhere")
	require.NoError(t, os.WriteFile(nowhere, []byte("#!/none/at/all\n"), 0o755))
	for command, status := range map[string]int{
		broken: exitCannotRun, plain: exitCannotRun, e.Work: exitCannotRun, nowhere: exitNoCommand, "none-at-all": exitNoCommand,
	} {
		refused(t, status, "cannot be run", "lock", key, "--", command)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
	}
	r := do(t, "watch", key, "--fail", "--", broken)
	assert.Equal(t, exitCannotRun, r.status)
}

// A reader that goes away in the middle of a gibibyte ends a get, and the lock is free.
func TestClosedPipeOfALargeGet(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	zeros(e, 6, key, 1<<30)
	segment, lock := files(t, key)
	for _, flags := range [][]string{nil, {"--json"}} {
		p := start(t, append([]string{"get", key}, flags...)...)
		_, err := io.CopyN(io.Discard, p.stdout, 100)
		require.NoError(t, err)
		require.NoError(t, p.stdout.Close())
		assert.Equal(t, result{exitOK, "", ""}, p.end(), "%v", flags)
		assert.Equal(t, 1, observer.Look(segment).Attached)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
	}
}
