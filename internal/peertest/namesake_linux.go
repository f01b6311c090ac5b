package peertest

import (
	"path/filepath"

	"golang.org/x/sys/unix"

	"qtinterop/internal/observer"
)

// mostTries is how many files are made for some with the System V keys of others: tmpfs
// counts inodes, so that of 65,536 in a row one has each, unless somebody else makes a
// file there in that moment.
const mostTries = 4 << 16

// NewInMemory is New on a tmpfs, where [Env.MakeNamesakes] works.
func NewInMemory(t TB) *Env {
	t.Helper()
	var stat unix.Statfs_t
	if err := unix.Statfs(posixDirectory, &stat); err != nil || stat.Type != unix.TMPFS_MAGIC {
		Skip(t, posixDirectory+" is no tmpfs")
	}
	t.Setenv("TMPDIR", posixDirectory)
	return New(t)
}

// MakeNamesakes makes empty files, each with the System V key of another one of the same
// file system, in a second at most: of gives that for each path.
func (e *Env) MakeNamesakes(of map[string]string) {
	e.T.Helper()
	missing := make(map[int]string)
	for path, other := range of {
		key, err := observer.FtokQ(other)
		must(e.T, err)
		missing[key] = path
	}
	probe := filepath.Join(e.Tmp, "probe")
	for range mostTries {
		must(e.T, unix.Mknod(probe, unix.S_IFREG|0o640, 0))
		key, err := observer.FtokQ(probe)
		must(e.T, err)
		if path, ok := missing[key]; ok {
			must(e.T, unix.Rename(probe, path))
			delete(missing, key)
		} else {
			must(e.T, unix.Unlink(probe))
		}
		if len(missing) == 0 {
			return
		}
	}
	Skip(e.T, "no file can be made there that has the System V key of another")
}
