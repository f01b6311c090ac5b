//go:build cgo

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// privateNameOf is the name that a Go program gives its private lock, as qtbridge spells it.
func privateNameOf(pid int) string {
	spelled := func(n int) (letters string) {
		for ; n > 0 || letters == ""; n /= 26 {
			letters += string(rune('a' + n%26))
		}
		return letters
	}
	return "qtinteropPrivateLockOf" + spelled(pid) + "Z" + spelled(procfs.OwnNamespace("pid")) + "Zb"
}

// The private locks of Go programs, made here by a Qt process with their names, are told
// as such, and nobody is told to remove those of the living.
func TestPrivateLocks(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		gone := exec.Command("true")
		require.NoError(t, gone.Run())
		pid := os.Getpid()
		living, dead := privateNameOf(pid), privateNameOf(gone.Process.Pid)
		peer := env.Verbs(qt)
		for _, name := range []string{living, dead} {
			peer.Do("sem.new", name, peertest.Args{"key": name, "initial": 1, "mode": "Create"})
		}
		peer.Kill()
		_, file := files(t, living)

		says := fmt.Sprintf("private lock of process %d (Go)", pid)
		out := ok(t, "ls")
		assert.Contains(t, out, says)
		assert.Contains(t, out, fmt.Sprintf("private lock of process %d, which is gone (Go)", gone.Process.Pid))
		assert.Contains(t, ok(t, "info", living), says)
		for line := range strings.Lines(ok(t, "ls", "--json")) {
			if shown := object(t, line); shown["key"] == living {
				owner := shown["lock"].(map[string]any)["privateTo"].(map[string]any)
				assert.EqualValues(t, pid, owner["pid"])
				assert.Equal(t, true, owner["alive"])
			}
		}

		status, completions, _ := qtshm(t, "__complete", "info", "")
		assert.Equal(t, exitOK, status)
		assert.NotContains(t, completions, "PrivateLock")

		notes := found(t, []string{living, "--fix"})
		require.Len(t, notes, 1)
		assert.Equal(t, "private-lock", notes[0].ID)
		assert.Empty(t, notes[0].Command)
		refused(t, exitInUse, "process "+fmt.Sprint(pid), "rm", "--force", living)
		found(t, []string{"--fix"})
		assert.Equal(t, 1, observer.LookSemaphore(file).Value)

		notes = found(t, []string{dead, "--fix"})
		require.Len(t, notes, 1)
		assert.Equal(t, "stale-key-file", notes[0].ID)
		assert.NotEmpty(t, notes[0].Done)
		assert.Len(t, env.Files(env.Tmp), 1)

		// A test that stays cannot have its own lock swept.
		require.NoError(t, observer.RemoveSemaphore(observer.LookSemaphore(file).ID))
		require.NoError(t, os.Remove(file))
	})
}

// A lock that nobody made this way is what it is.
func TestNoPrivateLock(t *testing.T) {
	env := peertest.New(t)
	name := "qtinteropPrivateLo"
	env.Verbs(peertest.QtVersions[0]).Do("sem.new", "s", peertest.Args{"key": name, "initial": 1, "mode": "Create"})
	assert.Contains(t, ok(t, "ls"), name)
	state, err := qtbridge.Inspect(qtbridge.QtKey(name))
	require.NoError(t, err)
	assert.Nil(t, state.Lock.PrivateTo)
}
