//go:build !windows

package qtbridge

import (
	"os"
	"slices"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// directories returns those in which key files of what is listed can be, each
// once.
func (l *listing) directories() []string {
	dirs := []string{os.TempDir(), "/tmp", "/var/tmp", posixDir}
	for _, pid := range l.concerned() {
		dirs = append(dirs, procfs.Directories(pid)...)
	}
	known := make(map[fileID]bool)
	return slices.DeleteFunc(dirs, func(dir string) bool {
		id, ok := lookID(dir)
		if !ok || known[id] {
			return true
		}
		known[id] = true
		return false
	})
}

// concerned returns the processes that have to do with what is listed, and are
// seen to run.
func (l *listing) concerned() []int {
	var pids []int
	for _, row := range l.segments {
		pids = append(pids, row.creator, row.last)
		if row.attached > 0 {
			pids = append(pids, l.maps.Users(row.id)...)
		}
	}
	for _, row := range l.semaphores {
		if state, err := native.LookSemaphoreID(row.id); err == nil {
			l.states[row.id] = state
			pids = append(pids, state.Last)
		}
	}
	slices.Sort(pids)
	return slices.DeleteFunc(slices.Compact(pids), func(pid int) bool { return pid <= 0 || !procfs.Alive(pid) })
}
