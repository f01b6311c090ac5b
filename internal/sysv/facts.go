//go:build linux

package sysv

import (
	"errors"
	"syscall"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// Facts looks by stat, shmctl, semctl, /proc/sysvipc and /proc/PID.
func (System) Facts(p ipc.Place) (ipc.Facts, error) {
	maps := &procfs.Mappings{}
	i := inspection{place: p, segments: readSegments(maps), maps: maps}
	if err := i.lookAtSegment(); err != nil {
		return i.facts, err
	}
	if err := i.lookAtLock(); err != nil {
		return i.facts, err
	}
	i.findNamesakes()
	i.findStrangers()
	i.facts.Strays = i.findStrays()
	if !p.Native && !i.facts.LockFile.Exists && i.facts.InUse() {
		i.facts.LockStrays = i.findStrayLocks()
	}
	return i.facts, nil
}

// inspection is the search for the facts of one place.
type inspection struct {
	place    ipc.Place
	segments []ipc.Segment // all whose key can be one of Qt's
	fileless bool          // it is known that no file leads to any of segments
	locks    []semaphoreRow
	files    map[key][]string // in a List, all that can be key files
	maps     *procfs.Mappings
	facts    ipc.Facts
}

// semaphores returns all semaphores whose key can be one of Qt's.
func (i *inspection) semaphores() []semaphoreRow {
	if i.locks == nil {
		i.locks = readSemaphores()
	}
	return i.locks
}

func (i *inspection) lookAtSegment() error {
	f := &i.facts
	var err error
	if f.SegmentFile, err = i.lookAtFile(i.place.Segment); err != nil {
		return err
	}
	segment, lookErr := lookSegment(i.place.Segment)
	if f.SegmentFile.Exists {
		f.Segment.Key = segment.Key
	}
	if f.HasSegment, err = i.exists(lookErr); err != nil || !f.HasSegment {
		return err
	}
	f.Segment = segment
	if lookErr != nil {
		// Not ours to look at, but everybody's to read in /proc.
		for _, row := range i.segments {
			if row.ID == segment.ID {
				f.Segment = row
			}
		}
	}
	return nil
}

func (i *inspection) lookAtLock() error {
	path, f := i.place.Lock, &i.facts
	if path == "" {
		return nil
	}
	var err error
	if path != i.place.Segment { // else it is the segment's
		if f.LockFile, err = i.lookAtFile(path); err != nil {
			return err
		}
	}
	lock, lookErr := lookSemaphore(path)
	f.HasLock, err = i.exists(lookErr)
	if f.HasLock || f.LockFile.Exists {
		f.Lock.Key = lock.Key
	}
	if err != nil || !f.HasLock {
		return err
	}
	if lookErr == nil {
		f.Lock, f.Forsaken = lock, lock.IsForsaken()
		return nil
	}
	f.Lock.ID, f.Lock.Value = lock.ID, -1
	for _, row := range i.semaphores() {
		if row.ID == lock.ID {
			f.Lock.Mode, f.Lock.Owner, f.Lock.Set = row.Mode, row.Owner, row.Set
		}
	}
	return nil
}

// findStrangers is about a key file that seems to lead to nothing.
func (i *inspection) findStrangers() {
	if f := &i.facts; f.SegmentFile.Exists && !f.HasSegment {
		f.Strangers = strangersAt(i.place.Segment, i.maps)
	}
}

// exists tells what the error of a look means: that there is something, or
// something of another user's, that there is nothing, or that it cannot be told.
func (i *inspection) exists(err error) (bool, error) {
	if err == nil {
		return true, nil
	}
	e, ok := errors.AsType[*lookError](err)
	switch {
	case !ok:
		return false, explain(err, i.place)
	case e.step == stepFile && e.errno == syscall.ENOENT:
		return false, nil
	case e.step == stepFile, e.isRefused():
		return false, explain(err, i.place)
	}
	return e.errno == syscall.EACCES, nil
}

// lookAtFile looks at a key file. Why it cannot, the look at what hangs on it
// tells better.
func (i *inspection) lookAtFile(path string) (ipc.File, error) {
	file, err := lookFile(path)
	if errno, ok := errors.AsType[syscall.Errno](err); ok && errno != syscall.ENOENT {
		return file, explain(&lookError{path: path, step: stepFile, errno: errno}, i.place)
	}
	return file, nil
}
