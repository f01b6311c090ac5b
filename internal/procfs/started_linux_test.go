package procfs

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAliveSince(t *testing.T) {
	pid, now := begin(t, t.TempDir(), nil), time.Now()
	wholeSeconds := now.Truncate(time.Second)
	assert.True(t, AliveSince(pid, wholeSeconds), "by whole seconds it can have been before")
	assert.True(t, AliveSince(pid, now.Add(time.Hour)))
	assert.False(t, AliveSince(pid, wholeSeconds.Add(-2*time.Second)), "it started later")
	assert.True(t, AliveSince(os.Getppid(), now))
	assert.True(t, AliveSince(0, now), "of another pid namespace")
	assert.True(t, AliveSince(pid, time.Time{}), "it is not known when")
	assert.True(t, AliveSince(pid, bootTime().Add(-time.Hour)), "the clock was set since")
	assert.False(t, AliveSince(gone(t), now))
}

// A name like this must not shift the fields.
func TestAliveSinceOfAStrangeName(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	require.NoError(t, err)
	name := t.TempDir() + "/a) Z (b"
	require.NoError(t, os.Symlink(sleep, name))
	cmd := exec.Command(name, "1000")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	assert.True(t, AliveSince(cmd.Process.Pid, time.Now()))
	assert.False(t, AliveSince(cmd.Process.Pid, time.Now().Add(-4*time.Second)))
}

// A crashed program whose parent does not wait for it.
func TestAliveSinceOfAZombie(t *testing.T) {
	zombie := beginZombie(t)
	pid := zombie.Process.Pid
	assert.True(t, Alive(pid))
	assert.False(t, AliveSince(pid, time.Now()))
	require.NoError(t, zombie.Wait())
}

// beginZombie starts a program, which has ended when it returns, and is to be waited for.
func beginZombie(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("true")
	require.NoError(t, cmd.Start())
	ended := func() bool { s, ok := readStatus(cmd.Process.Pid); return ok && s.ended }
	require.Eventually(t, ended, 10*time.Second, time.Millisecond)
	return cmd
}
