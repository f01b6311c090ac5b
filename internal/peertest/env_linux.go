package peertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qtinterop/internal/observer"
)

// tempDir makes a directory for a test, which is removed with it.
func tempDir(t testing.TB) string { return t.TempDir() }

func (e *Env) sweep(root string) {
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, found := range observer.RemoveAll(path) {
			if !e.leftover {
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
