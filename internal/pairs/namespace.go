//go:build linux

package pairs

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
)

// inside is the place of a program: IPC objects, processes, /dev/shm and TMPDIR that
// nobody else sees, and that are gone with it.
const inside = `mount -t tmpfs none /dev/shm; mkdir -p "$TMPDIR"; mount -t tmpfs none "$TMPDIR"; "$@"; exit $?`

var unshare = []string{"unshare", "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"}

// OwnNamespaces is the command that runs another one in namespaces of its own, with a new
// /dev/shm, and nothing in the directory TMPDIR; nil where this user or this system cannot
// have them.
var OwnNamespaces = sync.OnceValue(func() []string {
	attempts := [][]string{{"--propagation", "private"}, {"--user", "--map-root-user", "--propagation", "private"}}
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err == nil && !bytes.Contains(mounts, []byte(" shared:")) {
		// As in a chroot, whose root cannot be made private, and need not.
		attempts = append(attempts, []string{"--propagation", "unchanged"})
	}
	for _, attempt := range attempts {
		command := append(append([]string(nil), unshare...), attempt...)
		try := append(command[1:len(command):len(command)], "sh", "-c", "mount -t tmpfs none /dev/shm")
		if exec.Command(command[0], try...).Run() == nil {
			return append(command, "sh", "-c", inside, "cell")
		}
	}
	return nil
})

// Apart tells whether cells run in namespaces of their own. Else a row can see what
// others do meanwhile, and nobody looks whether it leaves anything.
func Apart() bool { return OwnNamespaces() != nil }
