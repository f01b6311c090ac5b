package qtbridge

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// pin returns another path of a file, which cannot be deleted and stays that of
// the same file, whatever happens to its name, until unpin. If that cannot be had,
// as without /proc, it is the path itself.
func pin(path string) (pinned string, unpin func()) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return path, func() {}
	}
	pinned = "/proc/self/fd/" + strconv.Itoa(fd)
	unpin = func() { _ = unix.Close(fd) }
	if unix.Access(pinned, unix.F_OK) != nil {
		unpin()
		return path, func() {}
	}
	return pinned, unpin
}
