package qtbridge

// plan says what to do next about s, or why nothing can be done.
func plan(s *State, policy Policy) ([]Action, error) {
	switch {
	case s.Verdict == Locked && isHeldHere(s.Lock.File.Path):
		return nil, recoverError(s.Key, ErrLocked, "this program holds the lock; call Unlock")
	case s.Verdict == Jammed, s.Verdict == Locked && policy.BreakLock:
		return []Action{ResetLock}, nil
	case s.Verdict == Locked:
		return nil, recoverError(s.Key, ErrLocked,
			"%s; wait, or if you know that its holder crashed, use Policy.BreakLock", heldBy(s.Lock.Users))
	}
	return nil, nil
}
