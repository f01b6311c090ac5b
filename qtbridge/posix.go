//go:build !windows

package qtbridge

import (
	"os"
	"strings"
)

// Where Linux has POSIX shared memory, and how glibc names semaphores there.
const (
	posixDir             = "/dev/shm/"
	posixSemaphorePrefix = "sem."
)

// addPosix adds what Qt 6.6 and later makes for keys of the type PosixRealtime.
func (l *listing) addPosix() {
	entries, _ := os.ReadDir(posixDir)
	there := make(map[string]bool)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			there[entry.Name()] = true
		}
	}
	done := make(map[string]bool)
	for name := range there {
		segment, semaphore, ok := posixNames(name, there)
		if !ok || done[segment] {
			continue
		}
		done[segment] = true
		l.addPosixEntry(segment, semaphore)
	}
}

// posixNames returns the files of a key that one of them belongs to.
func posixNames(name string, there map[string]bool) (segment, semaphore string, ok bool) {
	base, isSemaphore := strings.CutPrefix(name, posixSemaphorePrefix)
	if rest, ok := qtRest(base); ok {
		return segmentPrefix + rest, posixSemaphorePrefix + lockPrefix + rest, true
	}
	return base, posixSemaphorePrefix + base, isSemaphore && there[base]
}

func (l *listing) addPosixEntry(segment, semaphore string) {
	e := Entry{Kind: KindPosix, Name: "/" + segment}
	if rest, ok := qtRest(segment); ok {
		e.Key = certainKey(rest)
		e.Name = nameOf(e.Key, place{segment: segment})
	}
	s := &e.State
	s.Key = e.Key
	if file, facts, inode, ok := lookPosix(posixDir + segment); ok && facts.Size > 0 { // else it is a key file
		s.Segment = SegmentState{File: file, Exists: true, SegmentFacts: facts}
		e.Users = l.maps.PosixUsers(inode)
		s.Segment.Attached = len(e.Users)
	}
	if file, facts, _, ok := lookPosix(posixDir + semaphore); ok {
		s.Lock = LockState{File: file, Exists: true, Value: -1, Mode: facts.Mode, Owner: facts.Owner, Last: process(0)}
	}
	if len(e.Users) > 0 {
		s.Verdict = Live
	}
	if s.Segment.Exists || s.Lock.Exists {
		l.entries = append(l.entries, e)
	}
}
