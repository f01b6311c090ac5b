// Package owner gives files to other users, so that a privileged program can make one
// in a directory where these may replace it by a link at any time.
package owner

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Give gives a file of this program's user, of size bytes, to a user and a group. It
// changes what it has looked at, and not what the path leads to by then: a regular file
// with no other name. It has nothing to do if the file is that user's.
func Give(path string, uid, gid int, size int64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return &os.PathError{Op: "stat", Path: path, Err: err}
	}
	switch {
	case stat.Mode&unix.S_IFMT != unix.S_IFREG || stat.Nlink != 1 || stat.Size != size:
		return fmt.Errorf("%s is a link, has another name, or is something else than was made there", path)
	case int(stat.Uid) == uid:
		return nil
	case int(stat.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to user %d", path, stat.Uid)
	}
	if err := unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH); err != nil {
		return &os.PathError{Op: "chown", Path: path, Err: err}
	}
	return nil
}
