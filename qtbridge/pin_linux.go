package qtbridge

import (
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"qtinterop/native"
)

// pin returns another path of a key file, which cannot be deleted and stays that
// of the same file, whatever happens to its name, until unpin. Where that cannot
// be had, without /proc or a free descriptor, it is a link to the name, which at
// least keeps the file from being deleted. A file that is not there is an
// [ErrNotFound]: one that comes a moment later must not be given to Qt unpinned.
func pin(op string, key Key, path string) (pinned string, unpin func(), err error) {
	if !hasProc() {
		return linkTo(op, key, path)
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	switch errno, _ := err.(syscall.Errno); {
	case err == nil:
		return descriptors + strconv.Itoa(fd), func() { _ = unix.Close(fd) }, nil
	case errno == unix.EMFILE, errno == unix.ENFILE:
		return linkTo(op, key, path)
	default:
		return "", nil, lookError(op, key, &native.LookError{Path: path, Step: native.StepFile, Errno: errno})
	}
}

const descriptors = "/proc/self/fd/"

var hasProc = sync.OnceValue(func() bool { return unix.Access(descriptors, unix.X_OK) == nil })
