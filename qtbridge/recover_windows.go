package qtbridge

// plan says what to do next about s, or why nothing can be done.
func plan(s *State, policy Policy) ([]Action, error) {
	switch {
	case s.Verdict == Jammed, s.Verdict == Locked && policy.BreakLock:
		return []Action{ResetLock}, nil
	case s.Verdict == Locked:
		return nil, recoverError(s.Key, ErrLocked,
			"%s; wait, or if you know that its holder crashed, use Policy.BreakLock", heldBy(s.Lock.Users))
	}
	return nil, nil
}

// heldBy says who may hold a lock that these processes have open.
func heldBy(users []int) string {
	if len(users) == 0 {
		return "it is held, and Windows does not tell by whom"
	}
	return "one of these has it, or one that is gone: " + processList(users)
}
