package qtbridge

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// plan says what to do next about s, or why nothing can be done.
func plan(s *State, p place, policy Policy) ([]Action, error) {
	actions, err := planUnchecked(s, p, policy)
	if err == nil {
		err = s.checkNamesakes(actions)
	}
	if err != nil {
		return nil, err
	}
	return actions, nil
}

// planUnchecked is plan as if no other key file led to the same.
func planUnchecked(s *State, p place, policy Policy) ([]Action, error) {
	t := p.traits()
	switch s.Verdict {
	case Namesake:
		return nil, s.namesakeError("the segment", s.Segment.File.Path, s.Segment.whose, s.Segment.Namesakes)
	case Split, KeyFileLost, SegmentLost:
		return nil, astrayError(s)
	case Locked:
		if !t.Processes {
			return planBreak(s, p, policy)
		}
		return nil, lockedError(s)
	case LockLost:
		return planLock(s)
	case ForeignLock:
		if s.Lock.Owner != os.Geteuid() {
			return nil, recoverError(s.Key, ErrPermission,
				"the lock belongs to user %d, and the segment to user %d, who is shut out; run it as user %d, with the right to give it away",
				s.Lock.Owner, s.Segment.Owner, s.Lock.Owner)
		}
		return []Action{GiveLock}, nil
	case LockOpen:
		return []Action{ResetLock}, checkOwner(s, s.Lock.Owner)
	case Apart:
		if !policy.TakeKeyFile {
			return nil, apartError(opRecover, s.Key, s.Segment.File.Path, s.Strangers)
		}
	case Jammed:
		if !t.Processes && !t.MemoryFiles {
			return []Action{ResetLock}, nil // it belongs to nobody, and goes by itself
		}
		if isJamInTheWay(s, policy) {
			return []Action{ResetLock}, checkOwner(s, s.Lock.Owner)
		}
	case Orphaned, Abandoned:
		if policy.KeepContent {
			return nil, nil
		}
	case Leftover:
	default:
		return nil, nil
	}
	return planRemoval(s)
}

// planBreak is about a lock that is held where nobody can tell by whom.
func planBreak(s *State, p place, policy Policy) ([]Action, error) {
	switch {
	case p.system.HoldsLock(p.Place):
		return nil, recoverError(s.Key, ErrLocked, "this program holds the lock; call Unlock")
	case policy.BreakLock:
		return []Action{ResetLock}, nil
	}
	return nil, recoverError(s.Key, ErrLocked,
		"%s; wait, or if you know that its holder crashed, use Policy.BreakLock", ipc.HeldBy(s.Lock.Users))
}

// isJamInTheWay tells whether the lock must be kept, so that it has to be freed.
func isJamInTheWay(s *State, policy Policy) bool {
	return s.Lock.Waiters > 0 || s.Segment.isInUse() || len(s.Strays) > 0 ||
		policy.KeepContent && s.Segment.Exists
}

// planLock is about a segment without its lock. It will be its owner's, whoever makes it.
func planLock(s *State) ([]Action, error) {
	if len(s.Lock.Strays) > 0 {
		return nil, strayLockError(s)
	}
	return []Action{MakeLock}, checkOwner(s, s.Segment.Owner)
}

// planRemoval is about what nobody needs any more.
func planRemoval(s *State) ([]Action, error) {
	var actions []Action
	var owners []int
	switch {
	case s.Segment.Exists:
		actions, owners = append(actions, RemoveSegment), append(owners, s.Segment.Owner)
	case s.hasStaleFile(), s.Verdict == Apart:
		actions, owners = append(actions, RemoveKeyFile), append(owners, s.Segment.File.Owner)
	}
	switch l := &s.Lock; {
	case !l.isJammed() && !l.isStale():
	case l.Exists:
		actions, owners = append(actions, RemoveLock), append(owners, l.Owner)
	default:
		actions, owners = append(actions, RemoveLock), append(owners, l.File.Owner)
	}
	for _, owner := range owners {
		if err := checkOwner(s, owner); err != nil {
			return nil, err
		}
	}
	return actions, nil
}

// checkOwner is an error if this program may not remove what owner owns.
func checkOwner(s *State, owner int) error {
	if user := os.Geteuid(); user != owner && user != 0 {
		return ownerError(s, owner)
	}
	return nil
}

func ownerError(s *State, owner int) error {
	return recoverError(s.Key, ErrPermission,
		"it is %v, and belongs to user %d; this program runs as user %d; run it as that user",
		s.Verdict, owner, os.Geteuid())
}

func lockedError(s *State) error {
	if s.Lock.Last.PID == 0 {
		return recoverError(s.Key, ErrLocked,
			"a process of another pid namespace took the lock, and it cannot be told whether that runs; wait, or if you know that it is gone, use Policy.AssumeGone")
	}
	return recoverError(s.Key, ErrLocked,
		"process %d took the lock and runs; wait, or see what that process does", s.Lock.Last.PID)
}

func strayLockError(s *State) error {
	return recoverError(s.Key, ErrBusy,
		"the key file %s of the lock is gone, and processes seem to go on with semaphore %d behind it, which a new lock would not shut out; have %s detach, then start again",
		s.Lock.File.Path, s.Lock.Strays[0],
		ipc.ProcessList(append(attachedTo(s.Segment.ID), living(s.Segment.Creator, s.Segment.Last)...)))
}

// astrayError is about strays. The last one to detach from a stray has Qt delete
// the key file, by its name, and that is the new segment's by now: those of the
// new one are to go first.
func astrayError(s *State) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %s; have these detach, and nothing will be left to mend: ", s.Verdict, lossText(s))
	if s.Verdict == Split {
		fmt.Fprintf(&b, "first those of the new segment %d, %s; ", s.Segment.ID,
			ipc.ProcessList(append(attachedTo(s.Segment.ID), living(s.Segment.Creator, s.Segment.Last)...)))
	}
	for i := range s.Strays {
		stray := &s.Strays[i]
		fmt.Fprintf(&b, "those of segment %d (%d bytes, %d attached), %s; it seems to have been this key's, because %v; ",
			stray.ID, stray.Size, stray.Attached,
			ipc.ProcessList(append(slices.Clone(stray.Users), living(stray.Creator, stray.Last)...)), stray.Evidence)
	}
	return recoverError(s.Key, ErrBusy, "%s", strings.TrimSuffix(b.String(), "; "))
}

// errApart is the cause of an ErrBusy that does not go away by waiting a little.
var errApart = errors.New("the key file is in use in another IPC namespace")

// apartError is about a key file in use in another IPC namespace: a segment here would
// take it with it in the end.
func apartError(op string, key Key, file string, strangers []int) error {
	return &Error{Op: op, Key: key, Code: ErrBusy, Err: errApart, Msg: fmt.Sprintf(
		"its key file %s is in use in another IPC namespace, as in a container, by %s; have both in one namespace, give them TMPDIRs of their own, or take it with Recover and Policy.TakeKeyFile",
		file, ipc.ProcessList(strangers))}
}

// lossText says what has led to strays.
func lossText(s *State) string {
	if slices.ContainsFunc(s.Strays, func(stray Stray) bool { return !stray.Removed }) {
		return "its key file " + s.Segment.File.Path + " was deleted or replaced"
	}
	return "its segment was removed from the system while it was in use"
}

// living returns the pids of those that run, and are not others with the same.
func living(processes ...Process) []int {
	var pids []int
	for _, p := range processes {
		if p.Alive && p.PID != 0 {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// attachedTo returns the processes that are seen to be attached to the segment id.
func attachedTo(id int) []int {
	var maps procfs.Mappings
	return maps.Users(id)
}
