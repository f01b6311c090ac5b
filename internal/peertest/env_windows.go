package peertest

import (
	"os"
	"path/filepath"
	"syscall"
)

// tempDir makes a directory for a test, which is removed with it. Not
// t.TempDir: os.Remove asks Wine 8.0 for something that it does not have.
func tempDir(t TB) string {
	t.Helper()
	root, err := os.MkdirTemp("", "peertest")
	must(t, err)
	t.Cleanup(func() { removeAll(t, root) })
	return root
}

func removeAll(t TB, path string) {
	entries, err := os.ReadDir(path)
	remove := syscall.DeleteFile
	if err == nil {
		remove = syscall.RemoveDirectory
	}
	for _, entry := range entries {
		removeAll(t, filepath.Join(path, entry.Name()))
	}
	wide, err := syscall.UTF16PtrFromString(path)
	must(t, err)
	if err := remove(wide); err != nil {
		t.Logf("not removed: %s: %v", path, err)
	}
}

// sweep has nothing to do on Windows, where no system object outlives its
// processes, and no file belongs to any.
func (e *Env) sweep(string) {}
