package peertest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qtinterop/internal/observer"
)

// tempDir makes a directory for a test, which is removed with it. Some tests run as
// another user, who must get there.
func tempDir(t TB) string {
	root := t.TempDir()
	must(t, os.Chmod(root, 0o755))
	if parent := filepath.Dir(root); parent != filepath.Clean(os.TempDir()) { // else it is not ours
		must(t, os.Chmod(parent, 0o711))
	}
	return root
}

// privatePrefix begins the names of the files of private locks.
const privatePrefix = "qipc_systemsem_qtinteropPrivateLockOf"

// isOfTheKilled tells whether a file is of a private lock of another process: with Qt
// 6.6 and later one that was killed leaves its own, until the next one in the same
// directory sweeps it.
func isOfTheKilled(path string) bool {
	rest, ok := strings.CutPrefix(filepath.Base(path), privatePrefix)
	if !ok {
		return false
	}
	pid, scale := 0, 1
	for _, letter := range rest {
		if letter < 'a' || letter > 'z' {
			break
		}
		pid += scale * int(letter-'a') // the lowest digit is the first
		scale *= 26
	}
	return pid != os.Getpid()
}

// posixDirectory is where POSIX shared memory and semaphores are.
const posixDirectory = "/dev/shm"

// PosixName returns a random name for a POSIX key. What has it in its name at the end is
// removed, with no complaint about segments: nothing of Qt's removes those.
func (e *Env) PosixName() string {
	name := e.Name()
	e.T.Cleanup(func() {
		found, err := filepath.Glob(filepath.Join(posixDirectory, "*"+name+"*"))
		must(e.T, err)
		for _, path := range found {
			if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
				e.T.Errorf("removing what was left behind: %v", err)
			}
		}
	})
	return "/" + name
}

// awaitPrivateLocks gives this program the time after which it removes a private lock
// that it does not use.
func awaitPrivateLocks(root string) {
	for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		locks, _ := filepath.Glob(filepath.Join(root, "*", privatePrefix+"*"))
		if !slices.ContainsFunc(locks, func(path string) bool { return !isOfTheKilled(path) }) {
			return
		}
	}
}

func (e *Env) sweep(root string) {
	awaitPrivateLocks(root)
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, found := range observer.RemoveAll(path) {
			if !e.leftover && !isOfTheKilled(path) {
				e.T.Errorf("left behind: %s of key file %s", found, strings.TrimPrefix(path, root))
			}
		}
		return nil
	})
	if err != nil {
		e.T.Errorf("looking for what was left behind: %v", err)
	}
	for _, pid := range e.pids {
		for _, found := range observer.RemoveOf(pid, e.begun) {
			if !e.leftover {
				e.T.Errorf("left behind: %s of process %d, without a key file", found, pid)
			}
		}
	}
}
