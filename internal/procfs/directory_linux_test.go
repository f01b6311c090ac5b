package procfs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

func TestDirectories(t *testing.T) {
	e := peertest.New(t)
	require.NoError(t, os.Mkdir(e.Work+"/sub", 0o700))
	for tmpdir, expected := range map[string]string{
		"TMPDIR=" + e.Other: e.Other,
		"TMPDIR=":           "/tmp",
		"TMPDIR=sub/../sub": e.Work + "/sub/../sub",
		"OTHER=" + e.Other:  "/tmp",
	} {
		pid := begin(t, e.Work, nil, tmpdir)
		assert.Equal(t, []string{e.Work, expected}, Directories(pid), tmpdir)
		assert.True(t, IsSameFile(WorkingDirectory(pid), e.Work))
		assert.False(t, IsSameFile(WorkingDirectory(pid), e.Other))
	}
}

// Nobody knows where one that has ended had its files, and /tmp would be a guess.
func TestDirectoriesOfTheDead(t *testing.T) {
	zombie := beginZombie(t)
	pid := zombie.Process.Pid
	assert.Empty(t, Directories(pid), "not waited for yet")
	require.NoError(t, zombie.Wait())
	assert.Empty(t, Directories(pid))
}

// A process with a directory of its own under a name that we have as well.
func TestDirectoriesOfItsOwn(t *testing.T) {
	e := peertest.New(t)
	pid := begin(t, e.Work, peertest.WithPrivate(t, e.Other), "TMPDIR="+e.Other, "PATH="+os.Getenv("PATH"))
	rooted := Rooted(pid, e.Other)
	// In a chroot the name of the working directory is one of outside.
	assert.Contains(t, Directories(pid), rooted)
	assert.True(t, IsApart(pid, "mnt"))
	require.NoError(t, os.WriteFile(filepath.Join(e.Other, "ours"), nil, 0o600))
	assert.NoFileExists(t, filepath.Join(rooted, "ours"))
	assert.FileExists(t, filepath.Join(e.Other, "ours"))
}

func TestRooted(t *testing.T) {
	pid := os.Getpid()
	dir := t.TempDir()
	assert.True(t, IsSameFile(Rooted(pid, dir), dir))
	for _, path := range []string{dir, "/a", "/a/b/"} {
		gotPID, inside, ok := CutRooted(Rooted(pid, path))
		assert.True(t, ok)
		assert.Equal(t, pid, gotPID)
		assert.Equal(t, path, inside)
	}
	for _, path := range []string{"", dir, "/proc/1/root", "/proc/1/cwd/a", "/proc/self/root" + "/a", "/a/1/root" + "/b"} {
		_, _, ok := CutRooted(path)
		assert.False(t, ok, path)
	}
}

func TestIsSameFile(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	assert.True(t, IsSameFile(dir, link))
	assert.False(t, IsSameFile(dir, filepath.Dir(dir)))
	assert.False(t, IsSameFile(dir+"/none", dir+"/none"))
}
