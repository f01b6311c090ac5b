package winobj

import "qtinterop/internal/ipc"

// Facts looks at the two named objects of a key.
func (s System) Facts(p ipc.Place) (ipc.Facts, error) {
	var f ipc.Facts
	if err := s.lookAtSegment(&f, p); err != nil {
		return f, err
	}
	if p.Lock == "" {
		return f, nil
	}
	return f, s.lookAtLock(&f, p)
}

func (s System) lookAtSegment(f *ipc.Facts, p ipc.Place) error {
	f.SegmentFile.Path = p.Segment
	state, err := s.Segment(p)
	switch {
	case ipc.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	f.HasSegment, f.Segment = true, state
	return nil
}

func (s System) lookAtLock(f *ipc.Facts, p ipc.Place) error {
	f.LockFile.Path = p.Lock
	state, err := s.Semaphore(p)
	switch {
	case ipc.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	f.HasLock, f.Lock = true, state
	if state.Value == 0 {
		f.Forsaken = s.IsJammed(p)
		f.LockUsers = usersOf(p.Lock)
	}
	return nil
}
