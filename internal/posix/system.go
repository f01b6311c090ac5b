//go:build linux

package posix

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/internal/turn"
)

// System is POSIX shared memory.
type System struct{ ipc.NoKeyFiles }

var _ ipc.System = System{}

// Where Linux has POSIX shared memory, and how semaphores are called there.
const (
	directory       = "/dev/shm/"
	semaphorePrefix = "sem."
)

var traits = ipc.Traits{
	IDs: true, MemoryFiles: true,
	KeyType:    "posix",
	Directory:  strings.TrimSuffix(directory, "/"),
	LockPrefix: directory + semaphorePrefix,
	Page:       1,
	MaxSize:    math.MaxInt64, // Linux has its own limit, and names it
	Remedies: map[ipc.Code]string{
		ipc.Resources:  "see what is in /dev/shm, and its size with df",
		ipc.Size:       "use a smaller one",
		ipc.Unusable:   "use a slash and at most 251 bytes without another one",
		ipc.Permission: "run as the user who created it",
	},
}

// Traits are those of POSIX shared memory.
func (System) Traits() *ipc.Traits { return &traits }

// CheckName tells whether an object can have a name, as a path in the directory.
func (System) CheckName(path string) error {
	const most = 255 - len(semaphorePrefix)
	name := strings.TrimPrefix(path, directory)
	problem := ""
	switch {
	case name == path:
		problem = "a POSIX key begins with a slash; put one before it, as Qt's platformSafeKey() does"
	case name == "", name == ".", name == "..":
		problem = "there is no name after the slash"
	case strings.Contains(name, "/"):
		problem = "a POSIX key has no slash but the first; it is a name and no path"
	case len(name) > most:
		problem = fmt.Sprintf("it has %d bytes after the slash, and the name of a file in /dev/shm at most %d beside that of its semaphore; use a shorter key on both sides",
			len(name), most)
	default:
		return nil
	}
	return &ipc.Error{Code: ipc.Unusable, Text: problem}
}

// NativeLock has the same name in another form.
func (System) NativeLock(segment string) string {
	return traits.LockPrefix + strings.TrimPrefix(segment, directory)
}

// Serialize has those who mend take turns in the directory.
func (System) Serialize(ctx context.Context, _ ipc.Place, limit time.Duration) (end func(), err error) {
	return turn.Wait(ctx, directory, limit)
}
