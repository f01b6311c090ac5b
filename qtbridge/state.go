package qtbridge

import (
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// Verdict says in a word what is the matter with a key. Where several are true
// at once, it is the first of: Namesake, Jammed, Split, KeyFileLost, SegmentLost, LockLost,
// ForeignLock, LockOpen, Locked, Orphaned, Abandoned, Unattended, Live, Apart, Leftover, Free.
type Verdict int

// The verdicts.
const (
	// Unclear: it could not be told; there is an error as well.
	Unclear Verdict = iota
	// Free: there is no segment, and nothing in the way of creating one. A
	// semaphore can exist if a living process was the last to use it, and with a
	// native key an empty file, which can be anybody's.
	Free
	// Leftover: there is no segment, but of the QtKey a semaphore that was last
	// used by a process that is gone, or a key file, older than a second, with
	// nothing behind it.
	Leftover
	// Live: there is a segment, and somebody is attached or its creator runs.
	Live
	// Apart: there is no segment here, but its key file is in use in another IPC
	// namespace, as in a container: see [State.Strangers].
	Apart
	// Orphaned: there is a segment, nobody is attached, and its creator is gone. With
	// a [PosixKey], whose creator is not known, that is nothing unusual.
	Orphaned
	// Abandoned: there is a segment that nobody is attached to, although its creator
	// runs: that has detached, and the last one attached was killed. Told of one that
	// is older than a second, or whose last user is gone. A create() of the key fails as long as that creator runs.
	Abandoned
	// Locked: the lock is held, and who took it last runs. On Windows, where
	// nobody can tell who that was, somebody who has it open may hold it.
	Locked
	// LockLost: there is a live segment with a QtKey, but no semaphore can be
	// found. If its owner removed it, which Qt does at the owner's end, nothing
	// is wrong: Qt makes a new one with the next lock. If its key file was
	// deleted, processes that opened it before go on with the old one, and lock
	// nobody else out: see [LockState.Strays].
	LockLost
	// KeyFileLost: it is suspected that processes are attached to a segment of
	// this key that the key no longer leads to, because its key file was deleted.
	// Nobody new can find it.
	KeyFileLost
	// SegmentLost: processes are attached to a segment of this key that was removed
	// from the system, as by ipcrm or at the end of a session. They go on with it,
	// and nobody new can find it.
	SegmentLost
	// Split: it is suspected that the key file was deleted or replaced, or the segment
	// removed, so that some processes are attached to a segment that the key no longer leads to,
	// and others to a new one.
	Split
	// Jammed: the lock is taken, and who took it last is gone, so that nobody
	// will give it back. On Windows and with a [PosixKey] that is certain, and told,
	// only if nobody but this program has it open; else such a lock is Locked.
	Jammed
	// ForeignLock: there is a live segment, and its lock belongs to another user, as a
	// privileged program of another make leaves it. The segment's owner is shut out.
	ForeignLock
	// Unattended: there is a segment, nobody is attached, and its creator is of
	// another pid namespace, as in another container, so that it cannot be told
	// whether that runs. If you know that it is gone, [Policy] has AssumeGone.
	Unattended
	// Namesake: the segment that the key leads to is that of another key, whose file has
	// the same System V key by chance: that file was there when the segment was made, and
	// that of this key was not. Nothing of this key is there, and none can be made as long
	// as that segment is there. See [SegmentState.Namesakes].
	Namesake
	// LockOpen: there is a segment in use, and the semaphore of its lock is at more than
	// 1, so that the lock lets in several at once: as after the unlock() of a lock that
	// was reset or removed while it was held.
	LockOpen
)

var verdictTexts = [...]string{
	Unclear:     "unclear",
	Free:        "free",
	Leftover:    "leftover",
	Live:        "live",
	Apart:       "in use elsewhere",
	Orphaned:    "orphaned",
	Locked:      "locked",
	Abandoned:   "abandoned",
	LockLost:    "lock lost",
	KeyFileLost: "key file lost",
	SegmentLost: "segment lost",
	Split:       "split in two",
	Jammed:      "lock jammed",
	ForeignLock: "foreign lock",
	Unattended:  "unattended",
	Namesake:    "segment of another key",
	LockOpen:    "lock open",
}

func (v Verdict) String() string { return enumText(v, verdictTexts[:], "verdict") }

// Process is a process as far as the kernel remembers it.
type Process struct {
	PID int // 0 if there is none, or it is in another pid namespace
	// Alive tells whether it runs. A process that started later than what it is said
	// to have done is another one with the same PID; the kernel tells that to the
	// second. Alive is also true if it cannot be told, as of PID 0.
	Alive bool
}

// KeyFile is a file whose inode makes a System V key. On Windows there are none:
// Path is the name of the object, and the rest zero.
type KeyFile struct {
	Path    string // absolute
	Exists  bool
	Owner   int       // uid
	Plain   bool      // a regular file without content, as Qt makes it
	Changed time.Time // when it was made, or last changed its name or mode
}

// isStale tells whether the file is one that Qt made and will not need, if there
// is nothing behind it.
func (f *KeyFile) isStale() bool { return f.Plain && time.Since(f.Changed) > ipc.Fresh }

// SegmentFacts is what the kernel says of a segment. Windows says only Size, in
// whole pages, and Attached; what is said of processes there is that of an
// unknown one that lives.
type SegmentFacts struct {
	IPCKey   int32 // ftok(key file, 'Q'), also without a segment if there is a key file
	ID       int
	Size     int64       // bytes
	Mode     fs.FileMode // permission bits
	Owner    int         // uid
	Attached int         // how many mappings, of any process; with a PosixKey how many processes are seen to, or -1
	Creator  Process
	Last     Process // the last to attach or detach
}

// SegmentState is what there is of the segment.
type SegmentState struct {
	File   KeyFile
	Exists bool
	SegmentFacts
	// Namesakes are the other key files that lead to the same segment, since they have
	// the same System V key by chance, as far as they are found: in the directories of
	// the processes concerned, and those for temporary files. Unless the verdict is
	// Namesake, it can be that of any of them. Recover does not remove it, unless it was
	// there before they were.
	Namesakes   []KeyFile
	whose       ipc.Whose
	isAbandoned bool
}

// isOrphan tells whether the segment was left behind by a crash.
func (s *SegmentState) isOrphan() bool {
	return s.Exists && s.Attached == 0 && !s.Creator.Alive
}

// isUnattended tells whether it cannot be told whether the segment was left behind. That
// is so only where processes are known at all.
func (s *SegmentState) isUnattended(t *ipc.Traits) bool {
	return t.Processes && s.Exists && s.Attached == 0 && s.Creator == Process{Alive: true}
}

// isInUse tells whether the segment is somebody's.
func (s *SegmentState) isInUse() bool { return s.Exists && !s.isOrphan() }

// LockState is what there is of the lock. It is zero where there is none: with a native
// key there is one only if a program with Qt 6.6 or later, or [Create], has made it. Its
// File is the segment's, and zero here.
type LockState struct {
	File    KeyFile
	Exists  bool
	IPCKey  int32 // as of the segment
	ID      int
	Value   int         // 1 if it is free, 0 if it is held, -1 if it is not ours to know
	Waiters int         // how many wait for it
	Mode    fs.FileMode // permission bits
	Owner   int         // uid
	Last    Process     // the last to take, give or reset it
	// Users are, on Windows, with a PosixKey, and if it is held, the processes seen to have it
	// open, in ascending order: one of them holds it, or one that is gone. Those
	// of other users only an administrator sees.
	Users []int
	// Strays are the ids of semaphores without a key file that a process with
	// the segment used last. They are looked for only if the lock's key file is
	// missing beside a live segment, and are suspected, not proven, to have been
	// this lock.
	Strays []int
	// Namesakes are for the lock what they are for the segment: programs that use them
	// have the lock in common.
	Namesakes []KeyFile
	whose     ipc.Whose
	// PrivateTo is nil, or the process whose private lock this is: a program with this
	// library, which needs one of Qt 6.6 and later for as long as it is attached to
	// anything. No other program uses it, and the next one removes what is left of
	// those that are gone.
	PrivateTo *Process
}

// isJammed tells whether the lock is held and nobody will give it back.
func (l *LockState) isJammed() bool {
	return l.Exists && l.Value == 0 && !l.Last.Alive && !l.isPrivate()
}

func (l *LockState) isHeld() bool { return l.Exists && l.Value == 0 && l.Last.Alive }

// isHeldByUnknown tells whether the lock is held, and it cannot be told whether who took
// it runs.
func (l *LockState) isHeldByUnknown() bool { return l.isHeld() && l.Last.PID == 0 }

// isOpen tells whether the lock lets in several at once.
func (l *LockState) isOpen() bool { return l.Exists && l.Value > 1 }

// isForsaken tells whether no living process is known to use the lock.
func (l *LockState) isForsaken() bool {
	return !l.Exists || l.Waiters == 0 && !l.Last.Alive && !l.isPrivate()
}

// isPrivate tells whether the lock is the private one of a process that lives, as far as
// can be told.
func (l *LockState) isPrivate() bool { return l.PrivateTo != nil && l.PrivateTo.Alive }

// isStale tells whether the lock is a free one that nobody seems to need if
// there is no segment.
func (l *LockState) isStale() bool {
	if !l.Exists {
		return l.File.isStale()
	}
	return l.Value == 1 && l.isForsaken()
}

// State is what [Inspect] found.
type State struct {
	Key     Key
	Verdict Verdict
	// Elsewhere is the zero Key, or the key by which to use what was found: not
	// that of this system, but POSIX shared memory, by a Qt program that was built
	// with QT_POSIX_IPC and is given the same QtKey.
	Elsewhere Key
	Segment   SegmentState
	Lock      LockState
	Strays    []Stray // segments suspected to belong to the key
	// Strangers are the processes of other IPC namespaces that are seen to be attached
	// to a segment with this key file. They are looked for if there is the file and no
	// segment, and of other users seen by root.
	Strangers []int
}

// hasStaleFile tells whether there is a key file that Qt made and nothing
// behind it. Of a native key's nobody can tell whose it is. A process in the
// middle of create() was at the lock before, and Inspect looks at that last.
func (s *State) hasStaleFile() bool {
	return s.hasQtFile() && !s.Segment.Exists && s.Segment.File.isStale() && s.Lock.isForsaken()
}

// hasQtFile tells whether the key file is Qt's own: by the kind of key, or by its name.
func (s *State) hasQtFile() bool {
	_, isQts := ipc.QtRest(filepath.Base(s.Segment.File.Path))
	return !s.Key.IsNative() || isQts
}

// isLive tells whether there is a segment of this key that somebody uses, so that it needs
// its lock.
func (s *State) isLive() bool {
	return s.Segment.isInUse() && !s.Segment.isAbandoned && s.Segment.whose == ipc.WhoseOurs
}

// hasForeignLock tells whether the lock shuts the owner of the segment out. Windows
// knows no owners.
func (s *State) hasForeignLock(t *ipc.Traits) bool {
	return t.IDs && s.Segment.isInUse() && s.Lock.Exists && s.Lock.Owner != s.Segment.Owner && s.Segment.Owner != 0
}

func (s *State) judge() Verdict {
	t := systemOf(s.Key).Traits()
	switch {
	case s.Segment.whose == ipc.WhoseTheirs:
		return Namesake
	case s.Lock.isJammed():
		return Jammed
	case len(s.Strays) > 0 && s.Segment.Attached > 0:
		return Split
	case slices.ContainsFunc(s.Strays, func(stray Stray) bool { return !stray.Removed }):
		return KeyFileLost
	case len(s.Strays) > 0:
		return SegmentLost
	case t.SemaphoreOwners && !s.Key.IsNative() && s.isLive() && !s.Lock.Exists:
		return LockLost
	case s.hasForeignLock(t):
		return ForeignLock
	case s.Segment.isInUse() && s.Lock.isOpen():
		return LockOpen
	case s.Lock.isHeld():
		return Locked
	case s.Segment.isOrphan():
		return Orphaned
	case s.Segment.isAbandoned && t.DetachRemoves:
		return Abandoned
	case s.Segment.isUnattended(t):
		return Unattended
	case s.Segment.Exists:
		return Live
	case len(s.Strangers) > 0:
		return Apart
	case s.Lock.isStale(), s.hasStaleFile():
		return Leftover
	}
	return Free
}

// assumeGone has processes of another pid namespace, of which nothing can be told, count
// as gone.
func (s *State) assumeGone() {
	if s.Segment.isUnattended(systemOf(s.Key).Traits()) {
		s.Segment.Creator.Alive = false
	}
	if systemOf(s.Key).Traits().Processes && s.Lock.Exists && s.Lock.Last.PID == 0 {
		s.Lock.Last.Alive = false
	}
	s.Verdict = s.judge()
}

// stateOf is what a system found, in the words of this package.
func stateOf(key Key, f *ipc.Facts) State {
	s := State{Key: key}
	s.Segment.File, s.Segment.Exists, s.Segment.IPCKey = KeyFile(f.SegmentFile), f.HasSegment, f.Segment.Key
	if f.HasSegment {
		s.Segment.SegmentFacts, s.Segment.isAbandoned = segmentFacts(&f.Segment), f.Segment.IsAbandoned()
	}
	l := &s.Lock
	l.File, l.Exists, l.IPCKey = KeyFile(f.LockFile), f.HasLock, f.Lock.Key
	if f.HasLock {
		l.ID, l.Value, l.Waiters, l.Mode, l.Owner = f.Lock.ID, f.Lock.Value, f.Lock.Waiters, f.Lock.Mode, f.Lock.Owner
		l.Last = Process{PID: f.Lock.Last, Alive: !f.Forsaken}
		l.Users = f.LockUsers
		l.PrivateTo = privateTo(f.LockFile.Path)
	}
	s.Segment.Namesakes, s.Segment.whose = keyFilesOf(f.SegmentNamesakes.Files), f.SegmentNamesakes.Whose
	l.Namesakes, l.whose = keyFilesOf(f.LockNamesakes.Files), f.LockNamesakes.Whose
	l.Strays, s.Strangers = f.LockStrays, f.Strangers
	for i := range f.Strays {
		stray := &f.Strays[i]
		s.Strays = append(s.Strays, Stray{
			SegmentFacts: segmentFacts(&stray.Segment), Evidence: Evidence(stray.Evidence), Users: stray.Users,
			Removed: stray.Removed,
		})
	}
	s.Verdict = s.judge()
	return s
}

func segmentFacts(s *ipc.Segment) SegmentFacts {
	return SegmentFacts{
		IPCKey: s.Key, ID: s.ID, Size: s.Size, Mode: s.Mode, Owner: s.Owner, Attached: s.Attached,
		Creator: Process{PID: s.Creator, Alive: !s.Unclaimed && s.HasCreator()},
		Last:    Process{PID: s.Last, Alive: procfs.AliveSince(s.Last, s.Touched)},
	}
}
