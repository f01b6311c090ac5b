//go:build linux

package posix

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// Where Linux has POSIX shared memory, and how glibc names semaphores there.
const (
	directory       = "/dev/shm/"
	semaphorePrefix = "sem."
)

// List finds the objects with names of Qt's, and any segment that has a semaphore
// of the same name.
func List(maps *procfs.Mappings) []ipc.Found {
	entries, _ := os.ReadDir(directory)
	there := make(map[string]bool)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			there[entry.Name()] = true
		}
	}
	done := make(map[string]bool)
	var all []ipc.Found
	for name := range there {
		segment, semaphore, ok := names(name, there)
		if !ok || done[segment] {
			continue
		}
		done[segment] = true
		if found := look(segment, semaphore, maps); found.HasSegment || found.HasLock {
			all = append(all, found)
		}
	}
	return all
}

// names returns the files of a key that one of them belongs to.
func names(name string, there map[string]bool) (segment, semaphore string, ok bool) {
	base, isSemaphore := strings.CutPrefix(name, semaphorePrefix)
	if rest, ok := ipc.QtRest(base); ok {
		return ipc.SegmentPrefix + rest, semaphorePrefix + ipc.LockPrefix + rest, true
	}
	return base, semaphorePrefix + base, isSemaphore && there[base]
}

// look finds out what there is of a key. Nobody attached is no sign that nobody
// needs it: Qt leaves such segments.
func look(segment, semaphore string, maps *procfs.Mappings) ipc.Found {
	found := ipc.Found{Kind: ipc.KindPosix, Name: "/" + segment, LockUnknown: true}
	if _, ok := ipc.QtRest(segment); ok {
		found.Name = ""
		found.Place.Segment = segment
	}
	if file, stat, ok := lookAt(directory + segment); ok && stat.Size > 0 { // else it is a key file
		found.SegmentFile, found.HasSegment = file, true
		found.Users = maps.PosixUsers(stat.Ino)
		found.Segment = ipc.Segment{Size: stat.Size, Mode: fs.FileMode(stat.Mode & 0o777), Owner: int(stat.Uid), Attached: len(found.Users)}
		found.Made = file.Changed
	}
	if file, stat, ok := lookAt(directory + semaphore); ok {
		found.LockFile, found.HasLock = file, true
		found.Lock = ipc.Semaphore{Value: -1, Mode: fs.FileMode(stat.Mode & 0o777), Owner: int(stat.Uid)}
		if found.Made.IsZero() {
			found.Made = file.Changed
		}
	}
	found.Unclear = len(found.Users) == 0
	for _, pid := range found.Users {
		found.NameProgram(pid, procfs.Program(pid))
	}
	return found
}

func lookAt(path string) (file ipc.File, stat syscall.Stat_t, ok bool) {
	if err := syscall.Stat(path, &stat); err != nil {
		return file, stat, false
	}
	file = ipc.File{Path: path, Exists: true, Owner: int(stat.Uid), Changed: time.Unix(stat.Ctim.Unix())}
	return file, stat, true
}
