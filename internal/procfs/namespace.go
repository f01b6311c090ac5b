package procfs

import (
	"os"
)

// IsApart tells whether a process is seen to be in another namespace than we:
// "ipc", "mnt" or "pid".
func IsApart(pid int, namespace string) bool {
	name := "ns/" + namespace
	theirs, err := readLink(pid, name)
	ours, errOurs := os.Readlink(root + "/thread-self/" + name)
	return err == nil && errOurs == nil && theirs != ours
}
