package procfs

import (
	"os"
	"strconv"
	"strings"
)

// OwnNamespace is the number of the namespace that we are in, 0 if it is not known.
func OwnNamespace(namespace string) int {
	link, _ := os.Readlink(root + "/thread-self/ns/" + namespace)
	_, number, _ := strings.Cut(strings.TrimSuffix(link, "]"), ":[")
	n, _ := strconv.Atoi(number)
	return n
}

// IsApart tells whether a process is seen to be in another namespace than we:
// "ipc", "mnt" or "pid". We are where the calling thread is, whatever others of ours are.
func IsApart(pid int, namespace string) bool {
	if pid == os.Getpid() {
		return false
	}
	name := "ns/" + namespace
	theirs, err := readLink(pid, name)
	ours, errOurs := os.Readlink(root + "/thread-self/" + name)
	return err == nil && errOurs == nil && theirs != ours
}
