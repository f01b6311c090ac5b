//go:build linux

package sysv

import (
	"path/filepath"
	"slices"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// Strangers looks in the mappings of all processes.
func (System) Strangers(p ipc.Place) []int { return strangersAt(p.Segment, &procfs.Mappings{}) }

// strangersAt returns the processes of other IPC namespaces that are attached to a
// segment whose key file is path.
func strangersAt(path string, maps *procfs.Mappings) []int {
	found, ok := fileKey(path)
	if !ok {
		return nil
	}
	strangers := slices.Clone(maps.Strangers(int32(found)))
	return slices.DeleteFunc(strangers, func(pid int) bool { return !sees(pid, path) })
}

// sees tells whether a process has the file where it may look for it. Files of other
// file systems can make the same key.
func sees(pid int, path string) bool {
	if procfs.IsSameFile(procfs.Rooted(pid, path), path) {
		return true
	}
	return slices.ContainsFunc(procfs.Directories(pid), func(dir string) bool {
		return procfs.IsSameFile(dir+"/"+filepath.Base(path), path)
	})
}
