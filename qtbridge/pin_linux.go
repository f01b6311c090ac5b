package qtbridge

import (
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// pin returns another path of a file, which cannot be deleted and stays that of
// the same file, whatever happens to its name, until unpin. If that cannot be had,
// as without /proc, it is the path itself.
func pin(path string) (pinned string, unpin func()) {
	if !hasProc() {
		return path, func() {}
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return path, func() {}
	}
	return descriptors + strconv.Itoa(fd), func() { _ = unix.Close(fd) }
}

const descriptors = "/proc/self/fd/"

var hasProc = sync.OnceValue(func() bool { return unix.Access(descriptors, unix.X_OK) == nil })
