package owner

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

const other = 65534

func ownerOf(t *testing.T, path string) (uid, gid uint32) {
	t.Helper()
	info, err := os.Lstat(path)
	require.NoError(t, err)
	stat := info.Sys().(*syscall.Stat_t)
	return stat.Uid, stat.Gid
}

func TestGive(t *testing.T) {
	if os.Geteuid() != 0 {
		peertest.Skip(t, "only root can give files away")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(path, nil, 0o640))
	require.NoError(t, Give(path, other, other, 0))
	uid, gid := ownerOf(t, path)
	assert.EqualValues(t, []uint32{other, other}, []uint32{uid, gid})
	require.NoError(t, Give(path, other, other, 0), "it is theirs")
	assert.ErrorContains(t, Give(path, 1, 1, 0), "belongs to user 65534")
	assert.ErrorIs(t, Give(path+"none", other, other, 0), os.ErrNotExist)
}

// What a user can put in the place of the file, to be given somebody else's.
func TestGiveNothingByALink(t *testing.T) {
	if os.Geteuid() != 0 {
		peertest.Skip(t, "only root can give files away")
	}
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, nil, 0o600))
	for name, plant := range map[string]func(path string) error{
		"symlink":       func(path string) error { return os.Symlink(secret, path) },
		"dangling link": func(path string) error { return os.Symlink(secret+"none", path) },
		"hard link":     func(path string) error { return os.Link(secret, path) },
		"pipe":          func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory":     func(path string) error { return os.Mkdir(path, 0o700) },
		"content":       func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, plant(path))
		assert.Error(t, Give(path, other, other, 0), name)
		uid, _ := ownerOf(t, path)
		assert.Zero(t, uid, name)
		if name == "hard link" {
			require.NoError(t, os.Remove(path))
		}
	}
	uid, _ := ownerOf(t, secret)
	assert.Zero(t, uid)
}
