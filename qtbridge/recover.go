package qtbridge

import (
	"context"
	"fmt"
)

// Policy says how far [Recover] may go. The zero Policy mends all that it can.
type Policy struct {
	DryRun      bool // change nothing, and report what would be done
	KeepContent bool // leave an orphaned segment, to be read with Attach
	// BreakLock sets a lock free that stays held for a second, though somebody
	// may hold it: for Windows, where nobody can tell whether its holder runs,
	// and you know that it crashed. If it did not, two will hold the lock from
	// then on. Elsewhere the kernel tells, and it has no effect.
	BreakLock bool
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
	// ResetLock sets a jammed lock free: QSystemSemaphore(key, 1, Create). On
	// Windows, where that has no effect on one that exists, as release() does.
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

// Recover mends what a crash or a deleted file has left behind, with Qt's own
// means, and says what it did:
//
//   - [Orphaned]: the segment is removed, unless policy says to keep it, and
//     the lock too if nobody waits for it and its last user is gone.
//   - [Jammed]: the lock is set free, or removed where nobody needs it.
//   - [LockLost]: Qt makes the lock anew.
//   - [Leftover]: the lock and the key files are removed.
//   - [Free], [Live]: nothing is wrong, and nothing is done.
//   - [Locked]: an [ErrLocked], after a tenth of a second; on Windows with
//     policy.BreakLock the lock is set free.
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
// On Windows nothing is ever left behind but a lock that stays taken as long as
// anybody has it open: that is all there is to mend.
//
// Any number of goroutines and processes may call Recover at once: they take
// turns (by flock on the directory of the key file, on Windows by a mutex), and
// who comes later finds nothing left to do. It waits for its turn until ctx
// ends, a second at most, three on Windows, which is an ErrBusy. Other errors:
// [ErrPermission] for another user's objects, [ErrKey], [ErrResources],
// [ErrUnavailable]. The Report says what was done also next to an error.
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
	end, err := takeTurn(ctx, key, p)
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

func recoverError(key Key, code Code, format string, args ...any) *Error {
	return &Error{Op: "recover", Key: key, Code: code, Msg: fmt.Sprintf(format, args...)}
}
