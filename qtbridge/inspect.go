package qtbridge

import "slices"

// Inspect tells what exists of a key, and names what is the matter with it. It
// has no side effects: no Qt object attaches, nothing is created, changed or
// removed, and not even the pid of the lock's last user becomes another.
//
// It never blocks, takes no lock, and may be called from many goroutines at
// once. It is a few looks in a row, not one: what comes and goes meanwhile can
// show in part. Ordinarily it takes some tens of microseconds, and where there is a segment
// or a lock as long again, to read the directories in which there can be
// [SegmentState.Namesakes]; where segments of
// other keys on the same file system call for a closer look at [State.Strays],
// or /proc is long, milliseconds.
//
// On Windows nothing hangs on files, and the system tells no ids, owners and
// pids: there are the size, in whole pages, how many handles there are, and the
// value of the lock, with the processes that have it open if it is held.
//
// With a [PosixKey] it asks the kernel whether anybody has the file open, and an open()
// of somebody in that moment waits for some microseconds. If anybody has, it reads all
// of /proc, which takes milliseconds. A [QtKey] without a segment can have one of another kind: see
// [State.Elsewhere].
//
// Another user's segment can be inspected as far as /proc/sysvipc tells, which
// leaves out the lock's value. An [ErrPermission] is returned only if not even
// its key file can be looked at. Other errors: [ErrKey], [ErrUnavailable]. Next
// to an error the verdict is [Unclear].
func Inspect(key Key) (State, error) {
	const op = "inspect"
	p, err := key.place(op)
	if err != nil {
		return State{Key: key}, err
	}
	return inspect(op, key, p)
}

// inspect looks again where the parts of one look need not belong together: a
// segment that was removed meanwhile, with its key file, looks like a stray, and
// one that was made anew like one without its lock.
func inspect(op string, key Key, p place) (State, error) {
	state, err := inspectOnce(op, key, p)
	for range retries {
		if err != nil || len(state.Strays) == 0 && state.Verdict != LockLost {
			break
		}
		before := state
		if state, err = inspectOnce(op, key, p); err != nil {
			break
		}
		state.Strays = slices.DeleteFunc(state.Strays, func(s Stray) bool {
			return !slices.ContainsFunc(before.Strays, func(b Stray) bool { return b.ID == s.ID })
		})
		state.Verdict = state.judge()
		if state.Segment.ID == before.Segment.ID {
			break
		}
	}
	return state, err
}

func inspectOnce(op string, key Key, p place) (State, error) {
	facts, err := p.system.Facts(p.Place)
	if err == nil && !facts.HasSegment && p.isElsewhere() {
		return inspectElsewhere(op, key, p)
	}
	state := stateOf(key, &facts)
	if err != nil {
		state.Verdict = Unclear
		return state, systemError(op, key, err)
	}
	return state, nil
}

// inspectElsewhere is inspectOnce for a key whose segment is of another system.
func inspectElsewhere(op string, key Key, p place) (State, error) {
	other := elsewhereKey(key, p)
	at, err := other.place(op)
	if err != nil {
		return State{Key: key}, err
	}
	state, err := inspectOnce(op, other, at)
	state.Key, state.Elsewhere = key, other
	return state, err
}
