//go:build linux

package sysv

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// findStrays returns the segments that there is reason to suspect.
func (i *inspection) findStrays() []ipc.Stray {
	var strays []ipc.Stray
	device, ok := i.device()
	for _, row := range i.segments {
		if !ok || key(row.Key).device() != device || row.Attached == 0 || i.isNamed(row) {
			continue
		}
		evidence := i.link(row)
		if evidence == ipc.NoEvidence || !row.Removed && !i.fileless && i.hasFile(row) {
			continue
		}
		strays = append(strays, ipc.Stray{Segment: row, Evidence: evidence, Users: i.maps.Users(row.ID)})
	}
	return strays
}

// device is the 8 bits of the key file's device, or, without one, of its
// directory's.
func (i *inspection) device() (uint8, bool) {
	if i.facts.SegmentFile.Exists {
		return key(i.facts.Segment.Key).device(), true
	}
	found, ok := fileKey(filepath.Dir(i.place.Segment))
	return found.device(), ok
}

// isNamed tells whether the key leads to the segment.
func (i *inspection) isNamed(row ipc.Segment) bool {
	return !row.Removed && i.facts.SegmentFile.Exists && i.facts.Segment.Key == row.Key
}

// isYounger tells whether the segment was made after the key file of today, so
// that it had that one if any.
func (i *inspection) isYounger(row ipc.Segment) bool {
	file := &i.facts.SegmentFile
	return file.Exists && row.Made.After(file.Changed)
}

// link tells what speaks for it that the segment was this key's.
func (i *inspection) link(row ipc.Segment) ipc.Evidence {
	f := &i.facts
	if row.Removed && f.SegmentFile.Exists && f.Segment.Key == row.Key {
		return ipc.SameKey
	}
	if i.isYounger(row) {
		return ipc.NoEvidence
	}
	user := f.Lock.Last
	if user > 0 && !i.usesNamed(user) && (user == row.Creator || user == row.Last || i.maps.Has(user, row.ID)) {
		return ipc.UsedLock
	}
	if f.HasSegment && row.Creator > 0 && row.Creator == f.Segment.Creator && !i.maps.Has(row.Creator, row.ID) {
		return ipc.SameCreator
	}
	if i.place.Native {
		dir := filepath.Dir(i.place.Segment)
		for _, pid := range []int{row.Creator, row.Last} {
			if procfs.IsSameFile(procfs.WorkingDirectory(pid), dir) && !i.usesNamed(pid) {
				return ipc.SameDirectory
			}
		}
	}
	switch {
	case i.isAsOldAsLock(row) && i.hasNeighbour(row):
		return ipc.SameAge
	case i.isOfSameProgram(row) && i.hasNeighbour(row):
		return ipc.SameProgram
	}
	return ipc.NoEvidence
}

// isAsOldAsLock tells whether the segment was made with the key file of the lock, as
// Qt's create() makes both, and that of today was not.
func (i *inspection) isAsOldAsLock(row ipc.Segment) bool {
	f := &i.facts
	madeWithLock := func(s *ipc.Segment) bool {
		age := s.Made.Sub(f.LockFile.Changed.Truncate(time.Second)) // of Made there are whole seconds
		return age == 0 || age == time.Second
	}
	return f.LockFile.Exists && f.LockFile.Owner == row.Owner && madeWithLock(&row) &&
		(!f.HasSegment || !madeWithLock(&f.Segment))
}

// isOfSameProgram tells whether the program that made the segment of today has made
// this one as well, or has it, if who made it is gone.
func (i *inspection) isOfSameProgram(row ipc.Segment) bool {
	f := &i.facts
	if !f.HasSegment || row.Owner != f.Segment.Owner || row.Creator == f.Segment.Creator {
		return false
	}
	if row.HasCreator() {
		return i.runsItsProgram(row.Creator)
	}
	return slices.ContainsFunc(i.maps.Users(row.ID), i.runsItsProgram)
}

// runsItsProgram tells whether a process runs the program that made the segment of
// today.
func (i *inspection) runsItsProgram(pid int) bool {
	return procfs.IsSameFile(procfs.Executable(pid), procfs.Executable(i.facts.Segment.Creator))
}

// hasNeighbour tells whether a process that is attached to the segment, and not to
// that of today, finds its key files where ours are.
func (i *inspection) hasNeighbour(row ipc.Segment) bool {
	dir := filepath.Dir(i.place.Segment)
	return slices.ContainsFunc(i.attachedTo(row), func(pid int) bool {
		return !i.usesNamed(pid) && slices.ContainsFunc(procfs.Directories(pid), func(theirs string) bool {
			return procfs.IsSameFile(theirs, dir)
		})
	})
}

// attachedTo returns processes that are attached to the segment. It reads the
// mappings of all only if it must.
func (i *inspection) attachedTo(row ipc.Segment) []int {
	for _, pid := range []int{row.Creator, row.Last} {
		if i.maps.Has(pid, row.ID) {
			return []int{pid}
		}
	}
	return i.maps.Users(row.ID)
}

// usesNamed tells whether a process is attached to the segment that the key
// leads to: that explains what it has to do with the key.
func (i *inspection) usesNamed(pid int) bool {
	f := &i.facts
	return f.HasSegment &&
		(pid == f.Segment.Creator || pid == f.Segment.Last || i.maps.Has(pid, f.Segment.ID))
}

// hasFile tells whether there is a file that leads to the segment, where its key
// file is to be expected.
func (i *inspection) hasFile(row ipc.Segment) bool {
	dirs := []string{
		filepath.Dir(i.place.Segment), os.TempDir(),
		procfs.WorkingDirectory(row.Creator), procfs.WorkingDirectory(row.Last),
	}
	return slices.ContainsFunc(dirs, func(dir string) bool { return hasKeyFile(dir, key(row.Key), row.Made) })
}

// findStrayLocks returns the semaphores without a key file that a process with
// the segment used last.
func (i *inspection) findStrayLocks() []int {
	var ids []int
	device := key(i.facts.Segment.Key).device()
	dir := filepath.Dir(i.place.Lock)
	for _, row := range i.semaphores() {
		if row.count != 1 || key(row.Key).device() != device {
			continue
		}
		state, err := lookSemaphoreByID(row.ID)
		if err != nil || state.Last == 0 || !i.usesNamed(state.Last) || hasKeyFile(dir, key(row.Key), state.Set) {
			continue
		}
		ids = append(ids, row.ID)
	}
	return ids
}
