//go:build unix

package qtbridge

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// alive tells whether there is a process pid. Pid 0 stands for one in another
// pid namespace, of which nothing is known.
func alive(pid int) bool {
	return pid <= 0 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// ownerOf says to whom a file belongs.
func ownerOf(path string) string {
	info, err := os.Stat(path)
	if err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			return fmt.Sprintf("user %d with mode %#o", stat.Uid, info.Mode().Perm())
		}
	}
	return "another user"
}
