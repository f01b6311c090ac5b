//go:build linux

package sysv

import (
	"os"
	"slices"

	"qtinterop/internal/procfs"
)

// directories returns those in which key files of what is listed can be, each
// once.
func (l *listing) directories() []string {
	dirs := usualDirectories()
	for _, pid := range l.concerned() {
		dirs = append(dirs, procfs.Directories(pid)...)
	}
	return distinct(dirs)
}

// usualDirectories are those in which key files are anyway.
func usualDirectories() []string { return []string{os.TempDir(), "/tmp", "/var/tmp", "/dev/shm/"} }

// distinct returns the directories of dirs that there are, each once.
func distinct(dirs []string) []string {
	var known []os.FileInfo
	return slices.DeleteFunc(dirs, func(dir string) bool {
		info, err := os.Stat(dir)
		if err != nil || slices.ContainsFunc(known, func(k os.FileInfo) bool { return os.SameFile(k, info) }) {
			return true
		}
		known = append(known, info)
		return false
	})
}

// concerned returns the processes that have to do with what is listed, and are
// seen to run.
func (l *listing) concerned() []int {
	var pids []int
	for _, row := range l.segments {
		pids = append(pids, row.Creator, row.Last)
		if row.Attached > 0 {
			pids = append(pids, l.maps.Users(row.ID)...)
		}
	}
	for _, row := range l.semaphores {
		if state, err := lookSemaphoreByID(row.ID); err == nil {
			l.states[row.ID] = state
			pids = append(pids, state.Last)
		}
	}
	slices.Sort(pids)
	return slices.DeleteFunc(slices.Compact(pids), func(pid int) bool { return pid <= 0 || !procfs.Alive(pid) })
}
