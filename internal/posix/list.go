//go:build linux

package posix

import (
	"os"
	"strings"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// List finds the objects with names of Qt's, and any segment that has a semaphore
// of the same name.
func (s System) List(maps *procfs.Mappings) ([]ipc.Found, error) {
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
		if found := s.find(segment, semaphore, maps); found.HasSegment || found.HasLock {
			all = append(all, found)
		}
	}
	return all, nil
}

// names returns the files of a key that one of them belongs to.
func names(name string, there map[string]bool) (segment, semaphore string, ok bool) {
	base, isSemaphore := strings.CutPrefix(name, semaphorePrefix)
	if rest, ok := ipc.QtRest(base); ok {
		return ipc.SegmentPrefix + rest, semaphorePrefix + ipc.LockPrefix + rest, true
	}
	return base, semaphorePrefix + base, isSemaphore && there[base]
}

// find finds out what there is of a key. What has no size is a key file of System V,
// or a segment that nobody needs to know of yet. What cannot be looked at is listed
// nevertheless.
func (s System) find(segment, semaphore string, maps *procfs.Mappings) ipc.Found {
	found := ipc.Found{Kind: ipc.KindPosix, Name: "/" + segment}
	place := ipc.Place{Segment: directory + segment, Lock: directory + semaphore}
	if _, ok := ipc.QtRest(segment); ok {
		found.Name = ""
		found.Place.Segment = segment
	}
	var err error
	found.Facts, err = s.facts(place, maps)
	found.Unclear = err != nil
	if found.HasSegment && found.Segment.Size == 0 {
		found.HasSegment, found.Segment, found.SegmentFile = false, ipc.Segment{}, ipc.File{}
	}
	found.Made = found.SegmentFile.Changed
	if found.Made.IsZero() {
		found.Made = found.LockFile.Changed
	}
	found.Users = maps.PosixUsers(uint64(found.Segment.ID))
	for _, pid := range found.Users {
		found.NameProgram(pid, procfs.Program(pid))
	}
	return found
}
