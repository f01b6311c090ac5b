package procfs

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// begin starts a sleep in a directory, which ends with the test.
func begin(t *testing.T, dir string, change func(*exec.Cmd), environ ...string) int {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	cmd.Dir, cmd.Env = dir, append(environ, "STARTED=1")
	if change != nil {
		change(cmd)
	}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	awaitSleep(t, cmd.Process.Pid)
	return cmd.Process.Pid
}

// awaitSleep waits until a process is a sleep, which may be an unshare before. Its
// environment is the last thing to be there.
func awaitSleep(t *testing.T, pid int) {
	t.Helper()
	isThere := func() bool {
		if Program(pid) != "sleep" {
			return false
		}
		environ, err := os.ReadFile(File(pid, "environ"))
		return err == nil && len(environ) > 0
	}
	require.Eventually(t, isThere, 10*time.Second, time.Millisecond)
}

func TestProcesses(t *testing.T) {
	pid := begin(t, t.TempDir(), nil)
	pids := Processes()
	assert.True(t, slices.IsSorted(pids))
	assert.Contains(t, pids, pid)
	assert.Contains(t, pids, os.Getpid())
	assert.NotContains(t, pids, gone(t))
}

func TestHasMemory(t *testing.T) {
	assert.True(t, HasMemory(begin(t, t.TempDir(), nil)))
	assert.True(t, HasMemory(os.Getpid()))
	assert.False(t, HasMemory(gone(t)))
	assert.False(t, HasMemory(0))

	cmd := exec.Command("sleep", "1000")
	require.NoError(t, cmd.Start())
	awaitSleep(t, cmd.Process.Pid)
	require.NoError(t, cmd.Process.Kill())
	ended := func() bool { return !HasMemory(cmd.Process.Pid) } // as a zombie, for one
	require.Eventually(t, ended, 10*time.Second, time.Millisecond)
	_ = cmd.Wait()
}

// gone is the pid of a process that has ended.
func gone(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())
	return cmd.Process.Pid
}

func TestProgram(t *testing.T) {
	assert.Equal(t, "sleep", Program(begin(t, t.TempDir(), nil)))
	assert.Equal(t, "procfs.test", Program(os.Getpid()))
	assert.Empty(t, Program(gone(t)))
	assert.Empty(t, Program(0))
}

func TestAlive(t *testing.T) {
	assert.True(t, Alive(os.Getpid()))
	assert.True(t, Alive(1), "another user's, if we are not root")
	assert.True(t, Alive(0), "of another pid namespace")
	assert.True(t, Alive(-1))
	assert.False(t, Alive(gone(t)))
}

func TestVariable(t *testing.T) {
	pid := begin(t, t.TempDir(), nil, "A=1=2", "AB=3", "EMPTY=", "B=x\ny")
	for name, value := range map[string]string{"A": "1=2", "AB": "3", "B": "x\ny", "EMPTY": "", "C": ""} {
		got, err := Variable(pid, name)
		require.NoError(t, err)
		assert.Equal(t, value, got, name)
	}
	_, err := Variable(gone(t), "A")
	require.ErrorIs(t, err, os.ErrNotExist)

	// Two values, which os/exec does not let through.
	sleep, err := exec.LookPath("sleep")
	require.NoError(t, err)
	p, err := os.StartProcess(sleep, []string{"sleep", "1000"}, &os.ProcAttr{Env: []string{"A=1", "A=2"}})
	require.NoError(t, err)
	defer p.Wait()
	defer p.Kill()
	awaitSleep(t, p.Pid)
	got, err := Variable(p.Pid, "A")
	require.NoError(t, err)
	assert.Equal(t, "1", got)
}
