package qtbridge

import "qtinterop/native"

// see attaches, if it is not attached yet: as long as anybody has a segment open,
// who looks or attaches, a create() of the peer fails, and to attach is the
// shortest look that there is.
func (s *sight) see() (native.SegmentState, error) {
	if s.visitor.isAttached() {
		return look("watch", s.key, s.place.segment)
	}
	return native.SegmentState{Attached: 2}, s.visitor.attach(native.SegmentState{})
}

// isOther tells nothing: there are no ids, and to see that a segment came or went
// takes a whole look.
func (s *sight) isOther() bool { return false }

// isNew tells whether it is surely another segment than that of the last message.
func (s *sight) isNew(native.SegmentState) bool {
	return !s.shown || s.absent || len(s.visitor.data) != len(s.message.Data)
}

// isUnfilled tells whether it can be a new segment that does not have all its
// content yet: it is zero, or without a lock its last page is, and that of the
// message before was not.
func (s *sight) isUnfilled(isNew bool) bool {
	data := s.visitor.data
	if isZero(data) || s.hasLock() {
		return isZero(data)
	}
	return isZero(lastPage(data)) && (isNew || !isZero(lastPage(s.message.Data)))
}

func lastPage(data []byte) []byte { return data[max(0, len(data)-page):] }

func (s *sight) hasLock() bool {
	if s.place.lock == "" {
		return false
	}
	_, err := native.LookSemaphore(s.place.lock)
	return err == nil
}

// findSemaphore finds none to wait for: on Windows to wait for a semaphore is to
// take it.
func (s *sight) findSemaphore() int { return -1 }

// reachLock opens the semaphore of the lock for Take and Give, and is -1 if there
// is none; letGo must follow, since it stays in being as long as it is open.
func (s *sight) reachLock() int {
	if s.place.lock == "" {
		return -1
	}
	id, err := native.OpenSemaphore(s.place.lock)
	if err != nil {
		return -1
	}
	return id
}

func (s *sight) letGo(id int) { _ = native.CloseSemaphore(id) }
