package qtbridge

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Policy says how far [Recover] may go. The zero Policy mends all that it can.
type Policy struct {
	DryRun      bool // change nothing, and report what would be done
	KeepContent bool // leave an orphaned segment, to be read with Attach
}

// Action is something that [Recover] does.
type Action int

// The actions, with Qt's means for each.
const (
	// RemoveSegment removes an orphaned segment and its key file, unless that is
	// a file with content, somebody's own: attach() and detach() as the last one.
	RemoveSegment Action = iota + 1
	// RemoveKeyFile removes a key file with no segment behind it: create() and
	// detach().
	RemoveKeyFile
	// RemoveLock removes a semaphore that nobody needs and its key file:
	// ~QSystemSemaphore() of its owner.
	RemoveLock
	// ResetLock sets a jammed lock free: QSystemSemaphore(key, 1, Create).
	ResetLock
	// MakeLock makes the semaphore of a live segment anew:
	// QSystemSemaphore(key, 1, Open).
	MakeLock
)

var actionTexts = [...]string{
	RemoveSegment: "remove the orphaned segment and its key file",
	RemoveKeyFile: "remove the key file that leads to no segment",
	RemoveLock:    "remove the lock that nobody needs and its key file",
	ResetLock:     "set the jammed lock free",
	MakeLock:      "make the lost lock anew",
}

func (a Action) String() string {
	if a <= 0 || int(a) >= len(actionTexts) {
		return fmt.Sprintf("action %d", int(a))
	}
	return actionTexts[a]
}

// Report is what [Recover] did.
type Report struct {
	Before  State
	Actions []Action // done, in their order; with Policy.DryRun, to be done
	After   State    // with Policy.DryRun the same as Before
}

const (
	// recoverTurn is how long Recover waits for another Recover to finish.
	recoverTurn = time.Second
	// recoverRounds is how often Recover looks again whether all is mended.
	recoverRounds = 10
)

// Recover mends what a crash or a deleted file has left behind, with Qt's own
// means, and says what it did:
//
//   - [Orphaned]: the segment is removed, unless policy says to keep it, and
//     the lock too if nobody waits for it and its last user is gone.
//   - [Jammed]: the lock is set free, or removed where nobody needs it.
//   - [LockLost]: Qt makes the lock anew.
//   - [Leftover]: the lock and the key files are removed.
//   - [Free], [Live]: nothing is wrong, and nothing is done.
//   - [Locked]: an [ErrLocked], after a tenth of a second.
//   - [Split], [KeyFileLost], and LockLost where the old semaphore is still in
//     use: an [ErrBusy] that says which processes must detach first; nothing
//     else helps them, and nothing is done.
//
// Nothing that a living process is attached to is removed, and no lock that one
// holds or waits for; a process counts as living as [Process] has it. What is
// removed is looked at once more, with the lock in hand. But Qt's create() does
// not respect a lock that is held, and with a native key there is none: a program
// that creates the segment in the very moment, some ten microseconds, in which
// its remains are removed can lose a key file or its lock, as it can by the last
// detach() or the destructor of any Qt program. A lock that Recover made or set
// free while others need it belongs to nobody afterwards, until the next
// create().
//
// Any number of goroutines and processes may call Recover at once: they take
// turns (by flock on the directory of the key file), and who comes later finds
// nothing left to do. It waits for its turn until ctx ends, a second at most,
// which is an ErrBusy. Other errors: [ErrPermission] for another user's objects,
// [ErrKey], [ErrResources], [ErrUnavailable]. The Report says what was done also
// next to an error.
func Recover(ctx context.Context, key Key, policy Policy) (Report, error) {
	const op = "recover"
	p, err := key.place(op)
	if err != nil {
		return Report{Before: State{Key: key}, After: State{Key: key}}, err
	}
	before, err := inspect(op, key, p)
	report := Report{Before: before, After: before}
	// What looks live can be an orphan that another Recover is attached to.
	if err != nil || before.Verdict == Free {
		return report, err
	}
	if policy.DryRun {
		report.Actions, err = plan(&before, policy)
		return report, err
	}
	end, err := takeTurn(ctx, key, filepath.Dir(p.segment))
	if err != nil {
		if before.Verdict == Live {
			err = nil // as far as could be seen, there was nothing to do
		}
		return report, err
	}
	defer end()
	if report.Before, err = inspect(op, key, p); err != nil {
		return report, err
	}
	m := mender{key: key, place: p, policy: policy}
	err = m.mend(ctx)
	report.Actions = m.done
	report.After, _ = inspect(op, key, p)
	return report, err
}

// plan says what to do next about s, or why nothing can be done.
func plan(s *State, policy Policy) ([]Action, error) {
	switch s.Verdict {
	case Split, KeyFileLost:
		return nil, astrayError(s)
	case Locked:
		return nil, lockedError(s)
	case LockLost:
		return planLock(s)
	case Jammed:
		if isJamInTheWay(s, policy) {
			return []Action{ResetLock}, checkOwner(s, s.Lock.Owner)
		}
	case Orphaned:
		if policy.KeepContent {
			return nil, nil
		}
	case Leftover:
	default:
		return nil, nil
	}
	return planRemoval(s)
}

// isJamInTheWay tells whether the lock must be kept, so that it has to be freed.
func isJamInTheWay(s *State, policy Policy) bool {
	return s.Lock.Waiters > 0 || s.Segment.isInUse() || len(s.Strays) > 0 ||
		policy.KeepContent && s.Segment.Exists
}

// planLock is about a segment without its lock. Its lock must be its owner's: a
// semaphore of another user, even of root, would shut the owner out.
func planLock(s *State) ([]Action, error) {
	if len(s.Lock.Strays) > 0 {
		return nil, strayLockError(s)
	}
	if owner := s.Segment.Owner; owner != os.Geteuid() {
		return nil, ownerError(s, owner)
	}
	return []Action{MakeLock}, nil
}

// planRemoval is about what nobody needs any more.
func planRemoval(s *State) ([]Action, error) {
	var actions []Action
	var owners []int
	switch {
	case s.Segment.Exists:
		actions, owners = append(actions, RemoveSegment), append(owners, s.Segment.Owner)
	case s.hasStaleFile():
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

func recoverError(key Key, code Code, format string, args ...any) *Error {
	return &Error{Op: "recover", Key: key, Code: code, Msg: fmt.Sprintf(format, args...)}
}

func ownerError(s *State, owner int) error {
	return recoverError(s.Key, ErrPermission,
		"it is %v, and belongs to user %d; this program runs as user %d; run it as that user",
		s.Verdict, owner, os.Geteuid())
}

func lockedError(s *State) error {
	return recoverError(s.Key, ErrLocked,
		"process %d took the lock and runs; wait, or see what that process does", s.Lock.Last.PID)
}

func strayLockError(s *State) error {
	return recoverError(s.Key, ErrBusy,
		"the key file %s of the lock is gone, and processes seem to go on with semaphore %d behind it, which a new lock would not shut out; have %s detach, then start again",
		s.Lock.File.Path, s.Lock.Strays[0],
		processList(append(usersOf(s.Segment.ID), s.Segment.Creator.PID, s.Segment.Last.PID)))
}

// astrayError is about strays. The last one to detach from a stray has Qt delete
// the key file, by its name, and that is the new segment's by now: those of the
// new one are to go first.
func astrayError(s *State) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: its key file %s was deleted or replaced; have these detach, and nothing will be left to mend: ",
		s.Verdict, s.Segment.File.Path)
	if s.Verdict == Split {
		fmt.Fprintf(&b, "first those of the new segment %d, %s; ", s.Segment.ID,
			processList(append(usersOf(s.Segment.ID), s.Segment.Creator.PID, s.Segment.Last.PID)))
	}
	for i := range s.Strays {
		stray := &s.Strays[i]
		fmt.Fprintf(&b, "those of segment %d (%d bytes, %d attached), %s; it seems to have been this key's, because %v; ",
			stray.ID, stray.Size, stray.Attached,
			processList(append(slices.Clone(stray.Users), stray.Creator.PID, stray.Last.PID)), stray.Evidence)
	}
	return recoverError(s.Key, ErrBusy, "%s", strings.TrimSuffix(b.String(), "; "))
}

// processList lists those of pids that live.
func processList(pids []int) string {
	slices.Sort(pids)
	var names []string
	for _, pid := range slices.Compact(pids) {
		if pid > 0 && alive(pid) {
			names = append(names, strconv.Itoa(pid))
		}
	}
	if len(names) == 0 {
		return "the processes attached to it (not to be seen by this user)"
	}
	return "process " + strings.Join(names, ", ")
}
