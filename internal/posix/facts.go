//go:build linux

package posix

import (
	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// Facts looks at the two files of a key, and at who has them open.
func (s System) Facts(p ipc.Place) (ipc.Facts, error) { return s.facts(p, &procfs.Mappings{}) }

func (s System) facts(p ipc.Place, maps *procfs.Mappings) (ipc.Facts, error) {
	var f ipc.Facts
	if err := s.lookAtSegment(&f, p, maps); err != nil {
		return f, err
	}
	return f, s.lookAtLock(&f, p, maps)
}

// lookAtSegment looks also at a segment that has no size yet: a crash can have left it
// so.
func (s System) lookAtSegment(f *ipc.Facts, p ipc.Place, maps *procfs.Mappings) error {
	f.SegmentFile.Path = p.Segment
	stat, err := look(p.Segment)
	switch {
	case ipc.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	f.HasSegment, f.SegmentFile = true, fileOf(p.Segment, stat)
	f.Segment = segmentOf(stat)
	n, err := s.Attached(p)
	if err == nil {
		f.Segment.Attached = n
	}
	if n == 0 && err == nil {
		return nil // so that nothing is to be read of the processes
	}
	if users := maps.PosixUsers(stat.Ino); len(users) > 0 {
		f.Segment.Attached = len(users)
	}
	return nil
}

func (s System) lookAtLock(f *ipc.Facts, p ipc.Place, maps *procfs.Mappings) error {
	f.LockFile.Path = p.Lock
	stat, err := look(p.Lock)
	switch {
	case ipc.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	f.HasLock, f.LockFile = true, fileOf(p.Lock, stat)
	state, err := s.Semaphore(p)
	f.Lock = state
	if e, ok := err.(*ipc.Error); ok && e.Code == ipc.Permission {
		return nil // there is one, and more is not to be known
	}
	if err != nil {
		return err
	}
	if state.Value == 0 {
		f.LockUsers = maps.PosixUsers(stat.Ino)
		f.Forsaken = s.IsJammed(p)
		return nil
	}
	if open, err := openSemaphore(p.Lock); err == nil {
		f.Forsaken = open.isForsaken()
		open.release()
	}
	return nil
}

func fileOf(path string, stat *unix.Stat_t) ipc.File {
	return ipc.File{Path: path, Exists: true, Owner: int(stat.Uid), Changed: segmentOf(stat).Made}
}
