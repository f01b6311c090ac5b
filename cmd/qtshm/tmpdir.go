package main

import (
	"os"
	"path/filepath"
)

// withTMPDIR runs f with TMPDIR set to dir, if dir is not empty: Qt derives the
// key files of another program's keys from that program's TMPDIR.
func withTMPDIR(dir string, f func()) {
	if dir != "" {
		before, was := os.LookupEnv("TMPDIR")
		_ = os.Setenv("TMPDIR", dir)
		defer func() {
			if was {
				_ = os.Setenv("TMPDIR", before)
			} else {
				_ = os.Unsetenv("TMPDIR")
			}
		}()
	}
	f()
}

// absolute is path without a detour, from dir if it is relative.
func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
