package qtbridge

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"qtinterop/internal/ipc"
)

// Recover mends what a crash or a deleted file has left behind, with Qt's own
// means, and says what it did:
//
//   - [Orphaned]: the segment is removed, unless policy says to keep it, and
//     the lock too if nobody waits for it and its last user is gone.
//   - [Abandoned]: the same, so that a create() of its creator succeeds again.
//   - [Jammed]: the lock is set free, or removed where nobody needs it.
//   - [LockOpen]: the lock is reset, so that it lets in one.
//   - [LockLost]: Qt makes the lock anew.
//   - [ForeignLock]: the lock is given to the owner of the segment, if it is this
//     program's user's and may be given away; else that is an [ErrPermission].
//   - [Leftover]: the lock and the key files are removed.
//   - [Namesake]: an [ErrBusy] that names the other key file, as for a segment or a lock
//     that is to go and can be that of a namesake. Nothing is done.
//   - [Free], [Live]: nothing is wrong, and nothing is done.
//   - [Unattended]: nothing is done, and that is no error, unless with
//     policy.AssumeGone, as with Orphaned.
//   - [Locked]: an [ErrLocked], after a tenth of a second; on Windows with
//     policy.BreakLock the lock is set free; elsewhere with policy.AssumeGone, if
//     who took it last is of another pid namespace.
//   - [Apart]: an ErrBusy; with policy.TakeKeyFile the key file is removed.
//   - [Split], [KeyFileLost], [SegmentLost], and LockLost where the old semaphore is still in
//     use: an [ErrBusy] that says which processes must detach first; nothing
//     else helps them, and nothing is done.
//
// Nothing that a living process is attached to is removed, and no lock that one
// holds or waits for; a process counts as living as [Process] has it. What is
// removed is looked at once more, with the lock in hand. But Qt's create() does
// not respect a lock that is held, and with a native key there may be none: a program
// that creates the segment in the very moment, some ten microseconds, in which
// its remains are removed can lose a key file or its lock, as it can by the last
// detach() or the destructor of any Qt program. A lock that Recover made or set
// free while others need it belongs to nobody afterwards, until the next
// create().
//
// With a [PosixKey], where nobody knows of creators, a segment that nobody has open is
// Orphaned, and removed by unlinking it, for which Qt has no call; a lock that is held
// needs policy.BreakLock, unless nobody else has it open. Those are questions that the
// kernel answers to the owner and root alone.
//
// On Windows nothing is ever left behind but a lock that stays taken as long as
// anybody has it open: that is all there is to mend.
//
// With a native key that is the path of a key file of Qt's own, the lock that belongs
// to that file counts as its lock: that is for who cannot spell the QtKey.
//
// Any number of goroutines and processes may call Recover at once: they take
// turns (by flock on the directory of the key file, on Windows by a mutex), and
// who comes later finds nothing left to do. It waits for its turn until ctx
// ends, a second at most, three on Windows, which is an ErrBusy. Other errors:
// [ErrPermission] for another user's objects, [ErrKey], [ErrResources],
// [ErrUnavailable]. The Report says what was done also next to an error.
func Recover(ctx context.Context, key Key, policy Policy) (Report, error) {
	p, err := key.place(opRecover)
	if err != nil {
		return Report{Before: State{Key: key}, After: State{Key: key}}, err
	}
	p = p.withQtLock()
	before, err := inspect(opRecover, key, p)
	report := Report{Before: before, After: before}
	if before.Elsewhere != (Key{}) {
		return report, elsewhereError(opRecover, key, p)
	}
	// What looks live can be an orphan that another Recover is attached to.
	if err != nil || before.Verdict == Free {
		return report, err
	}
	if policy.DryRun {
		before := before
		if policy.AssumeGone {
			before.assumeGone()
		}
		report.Actions, err = plan(&before, p, policy)
		return report, err
	}
	limit := recoverLimit
	if !p.traits().CreateResets {
		limit = recoverBreakLimit
	}
	end, err := p.system.Serialize(ctx, p.Place, limit)
	if err != nil {
		if before.Verdict == Live {
			return report, nil // as far as could be seen, there was nothing to do
		}
		return report, systemError(opRecover, key, err)
	}
	defer end()
	if report.Before, err = inspect(opRecover, key, p); err != nil {
		return report, err
	}
	r := recovery{key: key, place: p, policy: policy}
	err = r.run(ctx)
	report.Actions = r.done
	report.After, _ = inspect(opRecover, key, p)
	return report, err
}

// withQtLock is the place of a native key that is the path of a key file of Qt's own,
// with the lock that belongs to it, if there is one.
func (p place) withQtLock() place {
	dir, base := filepath.Split(p.Segment)
	rest, ok := strings.CutPrefix(base, ipc.SegmentPrefix)
	if !p.Native || !p.traits().DetachRemoves || !ok {
		return p
	}
	of := ipc.QtPlace(dir, rest)
	if _, err := os.Stat(of.Lock); err == nil {
		p.Lock = of.Lock
	}
	return p
}
