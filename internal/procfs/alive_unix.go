//go:build unix

package procfs

import (
	"errors"
	"syscall"
)

// Alive tells whether there is a process pid. Pid 0 stands for one in another
// pid namespace, of which nothing is known.
func Alive(pid int) bool {
	return pid <= 0 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
