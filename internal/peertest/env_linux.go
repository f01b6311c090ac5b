package peertest

import (
	"os"
	"path/filepath"
	"strings"

	"qtinterop/internal/observer"
)

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
