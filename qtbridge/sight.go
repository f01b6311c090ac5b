package qtbridge

import (
	"bytes"
	"errors"
	"syscall"
	"time"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// seen is what a look has seen.
type seen int

const (
	nothing   seen = iota // nothing new
	news                  // there is a message
	unsettled             // something that does not last: look again at once
	waning                // it may be gone: look again when that has lasted
)

const (
	// heldLimit is how long the lock may keep us from a message before we tell.
	heldLimit = time.Second
	// heldTries is how often to find the lock taken before queueing for it, and
	// heldWait how long.
	heldTries = 3
	heldWait  = 20 * time.Millisecond
	// agreeTries is how often a look reads a segment without a lock.
	agreeTries = 10
)

// sight is what a watcher knows of a segment, and how it looks at it. It belongs
// to the loop that leads.
type sight struct {
	key   Key
	place place
	opts  WatchOptions

	message Message // the last one
	id      int     // of its segment
	shown   bool    // there is a segment, as far as the last message says
	visitor visitor // attached for a copy at most, unless to stay

	semaphore int  // of the lock, by its id; -1 if there is none
	deaf      int  // a semaphore that cannot be waited for, plus 1
	lost      bool // the semaphore may be another one
	absent    bool // since the last message there was no segment, if for a moment only

	odd     oddity
	oddTime time.Time // since when
	oddID   int       // of which segment
	held    int       // how many looks in a row found the lock taken
	heldAt  time.Time // since when
}

// oddity is a state that is to be reported only if it lasts.
type oddity int

const (
	even     oddity = iota
	gone            // there was a segment, and there is none
	coming          // a segment is being made
	unfilled        // a new segment, zero or partly so
	closed          // a segment that cannot be attached to
)

// look looks at the segment, and copies its content if that is new: then it is
// in message. What a key file tells of is another segment, or none: the one we
// know need not be attached to for that.
func (s *sight) look(now time.Time, means Means) (seen, error) {
	if means == ByLock && s.differs() {
		return s.take(now, false, s.id)
	}
	state, err := s.see()
	switch {
	case isNotFound(err):
		s.leave()
		return s.lookAtNothing(now, err), nil
	case err != nil:
		s.leave()
		return nothing, err
	}
	if s.visitor.isAttached() && (s.visitor.id != state.ID || state.Attached == 1) {
		s.leave() // and let it go, if we are the last
		return unsettled, nil
	}
	if state.Attached == 0 {
		return s.lookAtUnattached(now, state), nil
	}
	if means == ByKeyFile && s.shown && state.ID == s.id {
		s.odd = even
		return nothing, nil
	}
	return s.lookInside(now, state)
}

// lasts notes an odd state, and tells whether it is there for long enough.
func (s *sight) lasts(odd oddity, id int, now time.Time) bool {
	if s.odd != odd || s.oddID != id {
		s.odd, s.oddID, s.oddTime = odd, id, now
	}
	return now.Sub(s.oddTime) >= s.opts.Settle
}

// lookAtNothing tells whether a segment that is not there is being made, or gone.
func (s *sight) lookAtNothing(now time.Time, err error) seen {
	s.absent = true
	e, ok := errors.AsType[*native.LookError](err)
	switch hasFile := ok && e.Step != native.StepFile; {
	case hasFile && !s.lasts(coming, 0, now):
		return unsettled
	case !hasFile && s.shown && !s.lasts(gone, 0, now):
		return waning
	}
	return s.isGone()
}

// lookAtUnattached does not attach to a segment that nobody is attached to:
// detaching would remove it. It is either about to be used, or left behind.
func (s *sight) lookAtUnattached(now time.Time, state native.SegmentState) seen {
	switch isMade := procfs.Alive(state.Creator); {
	case isMade && !s.lasts(coming, state.ID, now):
		return unsettled
	case !isMade && s.shown && !s.lasts(gone, 0, now):
		return waning
	}
	return s.isGone()
}

// isGone tells that the segment is gone, if that is news.
func (s *sight) isGone() seen {
	if !s.shown {
		return nothing
	}
	s.shown, s.odd = false, even
	return s.note(nil, Removed, 0)
}

func (s *sight) lookInside(now time.Time, state native.SegmentState) (seen, error) {
	if !s.visitor.isAttached() {
		if err := s.visitor.attach(state); err != nil {
			if isPassing(err) && !s.lasts(closed, state.ID, now) {
				return unsettled, nil
			}
			return nothing, err
		}
	}
	if !s.opts.Stay || !procfs.Alive(state.Creator) {
		defer s.leave()
	}
	isNew := s.isNew(state)
	switch {
	case !isNew && bytes.Equal(s.visitor.data, s.message.Data):
		s.odd, s.held = even, 0
		return nothing, nil
	case s.isUnfilled(isNew) && !s.lasts(unfilled, state.ID, now):
		return unsettled, nil
	}
	return s.take(now, isNew, state.ID)
}

// take makes a message of what is attached to.
func (s *sight) take(now time.Time, isNew bool, id int) (seen, error) {
	content, seen, err := s.copy(now, s.visitor.data)
	if content == nil {
		return seen, err
	}
	return s.compare(content, isNew, id), nil
}

// compare makes a message of content, if that is new.
func (s *sight) compare(content []byte, isNew bool, id int) seen {
	s.odd, s.held = even, 0
	if isNew {
		s.shown = true
		return s.note(content, Created, id)
	}
	if bytes.Equal(content, s.message.Data) {
		return nothing // it was a change under way, and taken back
	}
	return s.note(content, Changed, id)
}

func (s *sight) note(content []byte, cause Cause, id int) seen {
	s.message = Message{Data: content, Seq: s.message.Seq + 1, Time: time.Now(), Cause: cause}
	s.id, s.absent = id, false
	return news
}

// leave detaches. As the last one to do so it takes the lock before, if that is
// free: Qt removes the segment then.
func (s *sight) leave() {
	if !s.visitor.isAttached() {
		return
	}
	id := s.findSemaphore()
	taken := id >= 0 && s.visitor.isLast() && native.Take(id, 1, 0) == nil
	s.visitor.detach()
	if taken {
		_ = native.Give(id)
	}
}

// end leaves nothing behind.
func (s *sight) end() {
	s.leave()
	s.visitor.close()
}

// copy copies data under the lock, or until two reads agree where there is none.
// Without a copy it says what to do.
func (s *sight) copy(now time.Time, data []byte) ([]byte, seen, error) {
	id := s.reachLock()
	if id < 0 {
		return copyAgreed(data)
	}
	defer s.letGo(id)
	err := native.Take(id, 1, 0)
	if errors.Is(err, syscall.EAGAIN) && s.held >= heldTries {
		err = native.Take(id, 1, heldWait)
	}
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		seen, err := s.isHeld(now)
		return nil, seen, err
	case isGone(err):
		s.lost = true
		return nil, unsettled, nil
	case err != nil:
		k := kernelSemaphore{key: s.key}
		return nil, nothing, k.systemError("watch", err)
	}
	content := bytes.Clone(data)
	if native.Give(id) != nil {
		s.lost = true // somebody reset it, and may have written meanwhile
		return nil, unsettled, nil
	}
	return content, news, nil
}

// isHeld notes that the lock is taken. The wait that begins next tells when it is
// given back.
func (s *sight) isHeld(now time.Time) (seen, error) {
	if s.held++; s.held == 1 {
		s.heldAt = now
	}
	if now.Sub(s.heldAt) < heldLimit {
		return nothing, nil
	}
	k := kernelSemaphore{key: s.key, file: s.place.lock}
	return nothing, &Error{Op: "watch", Key: s.key, Code: ErrLocked,
		Msg: "the content has changed, but cannot be read: " + k.holder(true)}
}

func copyAgreed(data []byte) ([]byte, seen, error) {
	content := bytes.Clone(data)
	for range agreeTries {
		if bytes.Equal(content, data) {
			return content, news, nil
		}
		copy(content, data)
	}
	return nil, unsettled, nil
}

// woke takes in how a wait for semaphore id ended, and tells whether that is a
// reason to look.
func (s *sight) woke(id int, err error) Means {
	switch {
	case err == nil:
		return ByLock
	case errors.Is(err, native.ErrDifferent), errors.Is(err, syscall.EAGAIN):
		return ByPoll
	case errors.Is(err, syscall.EINTR):
		return 0
	case !isGone(err):
		s.deaf = id + 1 // as that of another user
	}
	s.lost = true
	return ByLock
}

// compared returns the memory and the copy to compare it with, if we stay.
func (s *sight) compared() (data, last []byte) {
	if !s.visitor.isAttached() || !s.shown || s.visitor.id != s.id {
		return nil, nil
	}
	return s.visitor.data, s.message.Data
}

// differs tells whether the content is another one, if we stay.
func (s *sight) differs() bool {
	data, last := s.compared()
	return data != nil && !bytes.Equal(data, last)
}
