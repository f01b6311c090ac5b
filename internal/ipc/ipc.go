// Package ipc is the contract between package qtbridge and the ways in which a
// system shares memory between processes: System V IPC, the named objects of
// Windows, and what else Qt can be told to use. Each is a [System], in a package
// of its own, and qtbridge chooses one by the key, at run time.
//
// A System does what Qt has no call for: to look without an effect, to take a
// lock with a time limit, to wait for a change, to find out who uses what. To
// make, to attach and to remove a segment is Qt's, but where Qt's detach() would do
// harm (Keep, Drop). It knows nothing of qtbridge's keys and verdicts; what it has to
// say for people it says in the words of an [Error], whose remedies are those of
// qtbridge's users.
//
// All methods may be called from any goroutine.
package ipc

import (
	"context"
	"time"

	"qtinterop/internal/procfs"
)

// Place is where the objects of one key are: two names, as the system has them.
type Place struct {
	Segment string // the segment's; of a system with key files an absolute path
	Lock    string // of the lock's semaphore; empty if there is no lock
	Native  bool   // named by a native key, not by Qt
}

// System is one way of sharing memory.
type System interface {
	// Traits are what the system is like. They never change.
	Traits() *Traits
	// CheckName tells whether an object can have a name: one that Qt makes of a
	// key, without a directory, or one of a native key. It is an Unusable if not.
	CheckName(name string) error
	// CheckSize is a Size or a Resources for a size in bytes that Qt's create() must
	// not be asked for, and an Unsupported or a Permission where no segment can be
	// made at all. Freed is the size of a segment that goes before, 0 if none does.
	CheckSize(size, freed int64) error
	// Reserve has the system provide the memory of a segment that was just made. It
	// is a Resources if there is not enough.
	Reserve(p Place, size int64) error
	// HandOver gives the lock of a place, which this program has just made, to the
	// owner of the segment, if there is one of another user: else that user is shut
	// out. It is a Permission if it cannot; then the lock must go.
	HandOver(p Place) error
	// Remove removes the segment or the lock of a place, by that one's name, if it
	// has the id still and nobody has it open: else it is a Busy. It is for what
	// stays with MemoryFiles, and elsewhere an Unsupported.
	Remove(name string, id int) error
	// NativeLock is the name of the lock that Qt from 6.6 on gives the segment of a
	// native key.
	NativeLock(segment string) string
	// Touchable tells whether the memory of a segment that Qt is attached to can
	// be touched: there are systems where it need not be there.
	Touchable(data []byte) bool

	// Segment looks at a segment, without an effect. Where there is none it is
	// a NotFound.
	Segment(p Place) (Segment, error)
	// SegmentByID looks at a segment whose name may lead elsewhere by now.
	SegmentByID(id int) (Segment, error)
	// StillSegment is a shorter way to Segment for who knows its id: it is false, as
	// always where there is none, if the name leads elsewhere.
	StillSegment(p Place, id int) (Segment, bool)
	// Attached is how many are attached to a segment, as Segment tells, which
	// can take longer; of MemoryFiles 1 for any number of them.
	Attached(p Place) (int, error)
	// Semaphore looks at the semaphore of a lock, without an effect. Where there
	// is none it is a NotFound.
	Semaphore(p Place) (Semaphore, error)
	// Lock opens the semaphore of a lock that exists, to take and to give. Close
	// must follow. The error is that of Semaphore.
	Lock(p Place) (Lock, error)
	// IsJammed tells whether the lock is taken for good: whoever took it is gone,
	// and nothing will give it back.
	IsJammed(p Place) bool
	// HoldsLock tells whether this program holds the lock.
	HoldsLock(p Place) bool
	// Holder says, in words, who seems to hold the lock, and what to do. Thorough
	// is for one who has waited anyway.
	Holder(p Place, thorough bool) string
	// NewWaiter returns what waits for changes of a segment. It needs no Close.
	NewWaiter() Waiter

	// Facts is all that there is to know of a key, without an effect.
	Facts(p Place) (Facts, error)
	// Namesakes are the other names that lead to the segment of a place by chance.
	Namesakes(p Place) Namesakes
	// Strangers are the processes seen to have a segment by the same name in another
	// world, where names are shared and objects are not: IPC namespaces.
	Strangers(p Place) []int
	// List finds all objects that can be Qt's. What it reads of processes it
	// reads through maps, which remembers it for the next system.
	List(maps *procfs.Mappings) ([]Found, error)

	// Pin returns another name of the segment, which leads to what the name does
	// now and by which Qt cannot delete it. If there is nothing to be pinned that is a
	// NotFound.
	Pin(p Place) (*Pin, error)
	// Protect returns a name of the segment that Qt may have to attach: another
	// one where Qt would delete a file of somebody's own in the end. done must
	// follow.
	Protect(p Place) (name string, done func(), err error)
	// Keep attaches to the segment with this id to read it, past Qt, so that to detach
	// does not remove it, until end. It is for a system where it does: DetachRemoves. The
	// error is a NotFound if there is no such segment any more.
	Keep(id int) (data []byte, end func(), err error)
	// Drop removes the segment with this id if nobody is attached, as Qt's detach() does
	// with the key file: after a Keep.
	Drop(id int)
	// Serialize has those who mend a key take turns, in all processes: it waits
	// for the turn, and end ends it, as does the end of the process. It is a Busy
	// if that takes longer than limit, or ctx ends.
	Serialize(ctx context.Context, p Place, limit time.Duration) (end func(), err error)
}

// Pin is another name of a segment, until it is released.
type Pin struct {
	Name    string
	Lasts   bool // Qt's detach() cannot delete the name either
	Release func()
}

// LockMaker is a System that can make what Qt before 6.6 has no object for.
type LockMaker interface {
	// MakeLock makes the lock of a native key, and opens it, or opens the one that
	// there is. Close must follow.
	MakeLock(p Place) (Lock, error)
}

// Traits are in what systems differ, as far as those above them must know.
type Traits struct {
	// KeyFiles: objects hang on files, by whose names they are found: these can
	// be missing, left over, deleted, and somebody's own.
	KeyFiles bool
	// IDs: each object has an id, by which it can be told from one that comes
	// after it under the same name.
	IDs bool
	// Processes: the system knows who created a segment, and who used it and a
	// semaphore last.
	Processes bool
	// LooksHold: a look has the object open for a moment, as who attaches does.
	LooksHold bool
	// DetachRemoves: it is Qt's detach(), as the last one, that removes a segment
	// and then its name, in steps between which others can come.
	DetachRemoves bool
	// SemaphoreOwners: the object of Qt's that made a semaphore removes it.
	SemaphoreOwners bool
	// CreateResets: QSystemSemaphore with the mode Create sets a semaphore that
	// exists to its initial value. Elsewhere a jammed lock is given back in the
	// place of who is gone.
	CreateResets bool
	// MemoryFiles: segments are files of memory. They stay, with or without users,
	// until Remove. Others can cut them, and memory is provided when it is touched,
	// if there is any, so that to touch it can be a fault.
	MemoryFiles bool
	// Directory is where these files are, which Qt leaves out of their names, and
	// LockPrefix is before the name in the path of a lock there.
	Directory, LockPrefix string
	// LockWakes: a Waiter learns that the lock was taken and given back.
	LockWakes bool
	// KeyType is the word for keys of this kind in the text of a QNativeIpcKey.
	KeyType string
	// Page is what the size of segments is a multiple of, in bytes.
	Page int
	// MaxSize is the largest size of a segment that Qt has an error for.
	MaxSize int64
	// Remedies say what to do about errors that are found by Qt alone.
	Remedies map[Code]string
}

// Lock is a semaphore that is open.
type Lock interface {
	// ID is the id of the semaphore; 0 where there are none.
	ID() int
	// Key is its System V key, by which it is on the same key file as a segment; 0 where
	// there are none.
	Key() int32
	// Take takes n, at least 1, at once. It waits at most limit, and not at all
	// if that is 0 or less; while it waits it occupies an OS thread. It is an
	// ErrTaken if there is not as much to be had, perhaps before limit is over,
	// and an ErrGone if the semaphore is no more.
	Take(n int, limit time.Duration) error
	// Give gives back the 1 that was taken, by whichever goroutine, and does not
	// wait. It is an ErrLost, and nothing has changed, if somebody else has given
	// it back or reset it meanwhile, and an ErrGone.
	Give() error
	// Add adds n, at least 1. It is an ErrFull if the value would become more
	// than there can be, and an ErrGone.
	Add(n int) error
	// Remove removes the semaphore from the system, where that can be done. Those
	// who wait for it look for another one.
	Remove()
	// Track has IsJammed know that this program has the lock open, and whether it
	// has taken it. It is for the lock of a segment, before the first Take.
	Track()
	// Close ends the use. It gives nothing back. A Give that comes later works.
	// A Lock that others may use still is forgotten without: what it keeps then,
	// the garbage collector must be able to free.
	Close()
}

// Waiter waits for what Qt has no notification for. One goroutine waits at a
// time; Interrupt may be called from any.
type Waiter interface {
	// Wait waits for w. It takes nothing, wakes nobody else and leaves no trace,
	// but can occupy an OS thread. It is nil when the semaphore was taken and
	// given back, ErrCopied if it then took the semaphore to copy Data to Room, and else
	// ErrDifferent, ErrTimeout, ErrInterrupted, ErrGone, or another error if the semaphore
	// cannot be waited for.
	Wait(w Wait) error
	// Interrupt ends the Wait under way, or the next one.
	Interrupt()
}

// Wait is what a [Waiter] waits for.
type Wait struct {
	Semaphore int           // by its id, to be taken and given back, by whomever; -1 for none
	CheckLast bool          // whether it being last used by another process is enough
	Data      []byte        // to become different from Copy, of the same size; nil for none
	Copy      []byte        // of Data
	Room      []byte        // for Data, under the lock, if that is another one then; nil for none
	Segment   int           // that Data is of, by its id
	Interval  time.Duration // how often to compare them
	Limit     time.Duration // how long to wait
	Expect    time.Duration // how long to be ready to return soon, which takes some of the processor
}
