//go:build !windows

package qtbridge

import "qtinterop/native"

// see tells whether there is a segment and in which state, without attaching.
func (s *sight) see() (native.SegmentState, error) {
	return look("watch", s.key, s.place.segment)
}

// isOther tells whether there is another segment than at the last look, or none.
func (s *sight) isOther() bool {
	state, err := native.LookSegment(s.place.segment)
	if err != nil {
		return s.shown || s.odd != even
	}
	return state.ID != s.id && state.Attached > 0
}

// isNew tells whether it is another segment than that of the last message.
func (s *sight) isNew(state native.SegmentState) bool { return !s.shown || state.ID != s.id }

// isUnfilled tells whether a new segment may not have all its content yet: it is
// zero, or ends so, and nothing kept us out while it was being filled.
func (s *sight) isUnfilled(isNew bool) bool {
	data := s.visitor.data
	if !isNew {
		return false
	}
	if s.findSemaphore() >= 0 {
		return isZero(data)
	}
	return data[len(data)-1] == 0
}

// findSemaphore returns the id of the lock's semaphore, and -1 if there is none.
func (s *sight) findSemaphore() int {
	if s.lost && s.place.lock != "" {
		s.semaphore = -1
		if state, err := native.LookSemaphore(s.place.lock); err == nil && state.ID != s.deaf-1 {
			s.semaphore = state.ID
		}
	}
	s.lost = false
	return s.semaphore
}

// reachLock returns the semaphore of the lock for Take and Give, and -1 if there
// is none; letGo must follow.
func (s *sight) reachLock() int { return s.findSemaphore() }

func (s *sight) letGo(int) {}
