//go:build !windows

package qtbridge

import (
	"os"
	"path/filepath"
	"slices"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// findStrays returns the segments that there is reason to suspect.
func (i *inspection) findStrays() []Stray {
	var strays []Stray
	device, ok := i.device()
	for _, row := range i.rows {
		if !ok || row.key.device() != device || row.attached == 0 || i.isNamed(row) || i.isYounger(row) {
			continue
		}
		evidence := i.link(row)
		if evidence == noEvidence || !i.fileless && i.hasFile(row) {
			continue
		}
		strays = append(strays, Stray{SegmentFacts: row.facts(), Evidence: evidence, Users: i.maps.Users(row.id)})
	}
	return strays
}

// device is the 8 bits of the key file's device, or, without one, of its
// directory's.
func (i *inspection) device() (uint8, bool) {
	segment := &i.state.Segment
	if segment.File.Exists {
		return ipcKey(segment.IPCKey).device(), true
	}
	device, _, ok := lookInode(filepath.Dir(segment.File.Path))
	return device, ok
}

// isNamed tells whether the key leads to the segment.
func (i *inspection) isNamed(row segmentRow) bool {
	segment := &i.state.Segment
	return segment.File.Exists && segment.IPCKey == int32(row.key)
}

// isYounger tells whether the segment was made after the key file of today, so
// that it had that one if any.
func (i *inspection) isYounger(row segmentRow) bool {
	file := &i.state.Segment.File
	return file.Exists && row.created.After(file.Changed)
}

// link tells what speaks for it that the segment was this key's.
func (i *inspection) link(row segmentRow) Evidence {
	s := &i.state
	user := s.Lock.Last.PID
	if user > 0 && !i.usesNamed(user) && (user == row.creator || user == row.last || i.maps.Has(user, row.id)) {
		return UsedLock
	}
	if s.Segment.Exists && row.creator == s.Segment.Creator.PID && !i.maps.Has(row.creator, row.id) {
		return SameCreator
	}
	if s.Key.native {
		dir := filepath.Dir(s.Segment.File.Path)
		for _, pid := range []int{row.creator, row.last} {
			if procfs.IsSameFile(procfs.WorkingDirectory(pid), dir) && !i.usesNamed(pid) {
				return SameDirectory
			}
		}
	}
	return noEvidence
}

// usesNamed tells whether a process is attached to the segment that the key
// leads to: that explains what it has to do with the key.
func (i *inspection) usesNamed(pid int) bool {
	segment := &i.state.Segment
	return segment.Exists &&
		(pid == segment.Creator.PID || pid == segment.Last.PID || i.maps.Has(pid, segment.ID))
}

// hasFile tells whether there is a file that leads to the segment, where its key
// file is to be expected.
func (i *inspection) hasFile(row segmentRow) bool {
	dirs := []string{
		filepath.Dir(i.state.Segment.File.Path), os.TempDir(),
		procfs.WorkingDirectory(row.creator), procfs.WorkingDirectory(row.last),
	}
	return slices.ContainsFunc(dirs, func(dir string) bool { return isKeyOfFileIn(dir, row.key) })
}

// isKeyOfFileIn tells whether ftok() makes the key of a file in dir.
func isKeyOfFileIn(dir string, key ipcKey) bool {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		device, inode, ok := lookInode(dir + "/" + entry.Name())
		if ok && device == key.device() && inode == key.inode() {
			return true
		}
	}
	return false
}

// findStrayLocks returns the semaphores without a key file that a process with
// the segment used last.
func (i *inspection) findStrayLocks() []int {
	var ids []int
	segment := &i.state.Segment
	dir := filepath.Dir(i.state.Lock.File.Path)
	for _, row := range i.semaphores() {
		if row.count != 1 || row.key.device() != ipcKey(segment.IPCKey).device() {
			continue
		}
		state, err := native.LookSemaphoreID(row.id)
		if err != nil || state.Last == 0 || !i.usesNamed(state.Last) || isKeyOfFileIn(dir, row.key) {
			continue
		}
		ids = append(ids, row.id)
	}
	return ids
}
