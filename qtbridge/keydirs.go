//go:build !windows

package qtbridge

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qtinterop/native"
)

// directories returns those in which key files of what is listed can be, each
// once.
func (l *listing) directories() []string {
	dirs := []string{os.TempDir(), "/tmp", "/var/tmp", posixDir}
	for _, pid := range l.concerned() {
		dirs = append(dirs, directoriesOf(pid)...)
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
			pids = append(pids, l.maps.users(row.id)...)
		}
	}
	for _, row := range l.semaphores {
		if state, err := native.LookSemaphoreID(row.id); err == nil {
			l.states[row.id] = state
			pids = append(pids, state.Last)
		}
	}
	slices.Sort(pids)
	return slices.DeleteFunc(slices.Compact(pids), func(pid int) bool { return pid <= 0 || !alive(pid) })
}

// directoriesOf returns the working directory of a process and its directory for
// temporary files, by names that lead us there.
func directoriesOf(pid int) []string {
	var dirs []string
	cwd, err := os.Readlink(workingDirectory(pid))
	if err == nil {
		dirs = append(dirs, reached(pid, cwd))
	}
	tmp := "/tmp"
	environ, _ := os.ReadFile(processFile(pid, "environ"))
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(variable, []byte("TMPDIR=")); ok && len(value) > 0 {
			tmp = string(value)
		}
	}
	if !filepath.IsAbs(tmp) {
		tmp = cwd + "/" + tmp
	}
	return append(dirs, reached(pid, tmp))
}

// reached is a name of a directory that a process calls dir: the same, unless
// that process sees another one there, as with a /tmp of its own.
func reached(pid int, dir string) string {
	theirs := processFile(pid, "root") + "/" + strings.TrimLeft(dir, "/")
	id, ok := lookID(theirs)
	if ours, oursOK := lookID(dir); ok && (!oursOK || ours != id) {
		return theirs
	}
	return dir
}
