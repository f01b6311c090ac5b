package qtbridge

import (
	"errors"

	"qtinterop/native"
)

// inspectOnce looks at the two named objects of a key.
func inspectOnce(op string, key Key, p place) (State, error) {
	s := State{Key: key}
	if err := lookAtSegment(op, &s, p.segment); err != nil {
		return s, err
	}
	if p.lock != "" {
		if err := lookAtLock(op, &s, p.lock); err != nil {
			return s, err
		}
	}
	s.Verdict = s.judge()
	return s, nil
}

func lookAtSegment(op string, s *State, name string) error {
	s.Segment.File.Path = name
	state, err := look(op, s.Key, name)
	switch {
	case isNotFound(err):
		return nil
	case err != nil:
		return err
	}
	s.Segment.Exists = true
	s.Segment.SegmentFacts = SegmentFacts{
		Size: state.Size, Attached: state.Attached, Creator: process(0), Last: process(0),
	}
	return nil
}

func lookAtLock(op string, s *State, name string) error {
	l := &s.Lock
	l.File.Path = name
	state, err := native.LookSemaphore(name)
	if e, ok := errors.AsType[*native.LookError](err); ok {
		err = lookError(op, s.Key, e)
	}
	switch {
	case isNotFound(err):
		return nil
	case err != nil:
		return err
	}
	l.Exists, l.Value, l.Last = true, state.Value, process(0)
	if state.Value == 0 {
		l.Last.Alive = !isAbandoned(name, func() bool { return isHeldHere(name) })
		l.Users = usersOfObject(name)
	}
	return nil
}
