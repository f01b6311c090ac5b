package qtbridge

import "fmt"

// Policy says how far [Recover] may go. The zero Policy mends all that it can.
type Policy struct {
	DryRun      bool // change nothing, and report what would be done
	KeepContent bool // leave an orphaned segment, to be read with Attach
	// TakeKeyFile removes a key file that is in use in another IPC namespace, so that
	// the key can be had here. Nobody there finds the segment any more.
	TakeKeyFile bool
	// BreakLock sets a lock free that stays held for a second, though somebody
	// may hold it: for Windows and POSIX keys, where nobody can tell whether its holder runs,
	// and you know that it crashed. If it did not, two will hold the lock from
	// then on. Elsewhere the kernel tells, and it has no effect.
	BreakLock bool
	// AssumeGone has processes of another pid namespace count as gone, if you know that
	// they are: a container that crashed. Nothing can be told of them, so that an
	// [Unattended] segment and a lock that such a process used last are left alone
	// otherwise. A segment that anybody is attached to stays in any case. A lock is set
	// free if it stays held for a second; if its holder runs, two will hold it from
	// then on.
	AssumeGone bool
}

// Action is something that [Recover] does.
type Action int

// The actions, with Qt's means for each.
const (
	// RemoveSegment removes an orphaned segment and its key file, unless that is
	// a file with content, somebody's own: attach() and detach() as the last one.
	// A POSIX segment is unlinked.
	RemoveSegment Action = iota + 1
	// RemoveKeyFile removes a key file with no segment behind it: create() and
	// detach().
	RemoveKeyFile
	// RemoveLock removes a semaphore that nobody needs and its key file:
	// ~QSystemSemaphore() of its owner. A POSIX semaphore is unlinked.
	RemoveLock
	// ResetLock sets a jammed lock free: QSystemSemaphore(key, 1, Create). On
	// Windows, where that has no effect on one that exists, and with POSIX keys, where
	// it makes another one, as release() does.
	ResetLock
	// MakeLock makes the semaphore of a live segment anew:
	// QSystemSemaphore(key, 1, Open).
	MakeLock
	// GiveLock gives the lock to the owner of the segment: semctl() and chown().
	GiveLock
)

var actionTexts = [...]string{
	RemoveSegment: "remove the orphaned segment and its key file",
	RemoveKeyFile: "remove the key file that leads to no segment",
	RemoveLock:    "remove the lock that nobody needs and its key file",
	ResetLock:     "set the lock free",
	MakeLock:      "make the lost lock anew",
	GiveLock:      "give the lock to the owner of the segment",
}

func (a Action) String() string { return enumText(a, actionTexts[:], "action") }

// Report is what [Recover] did.
type Report struct {
	Before  State
	Actions []Action // done, in their order; with Policy.DryRun, to be done
	After   State    // with Policy.DryRun the same as Before
}

const opRecover = "recover"

func recoverError(key Key, code Code, format string, args ...any) *Error {
	return &Error{Op: opRecover, Key: key, Code: code, Msg: fmt.Sprintf(format, args...)}
}
