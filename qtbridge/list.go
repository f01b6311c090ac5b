package qtbridge

import (
	"cmp"
	"path/filepath"
	"slices"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// Kind says what there is of a key.
type Kind int

// The kinds of an [Entry].
const (
	// KindKeyFile: nothing but key files that Qt made.
	KindKeyFile Kind = iota
	// KindSegment: a segment without a lock, as with a native key.
	KindSegment
	// KindSemaphore: a semaphore without a segment, be it a QSystemSemaphore or
	// the lock of a segment that is gone: Qt gives both the same files.
	KindSemaphore
	// KindBoth: a segment and its lock.
	KindBoth
	// KindPosix: a segment, a semaphore or both in /dev/shm, as Qt 6.6 and later
	// makes them for keys of the type PosixRealtime.
	KindPosix
)

var kindTexts = [...]string{
	KindKeyFile:   "key file",
	KindSegment:   "segment",
	KindSemaphore: "semaphore",
	KindBoth:      "both",
	KindPosix:     "posix",
}

func (k Kind) String() string { return enumText(k, kindTexts[:], "kind") }

// Entry is what [List] found of one key.
type Entry struct {
	Kind Kind
	// Key is the key if that is certain, else the zero Key. The file name of a QtKey
	// holds its ASCII letters and a hash of the whole, so that one is certain if it
	// has nothing else, or if what is missing was found by trying: digits, a
	// separator, and what processes concerned have in their arguments.
	// It leads to the entry from the directory
	// for temporary files that the key file is in; a native key has an absolute
	// path. NativeKey(State.Segment.File.Path) leads to the segment in any case.
	Key Key
	// Name is the name of the key as far as the file name tells: with an ellipsis
	// for what is missing, and empty if no file is known. A segment that no key
	// file leads to any more has the name of the key that it is suspected to have
	// had.
	Name string
	// State is as of [Inspect], but that the verdict of a segment that no file is
	// known of is Orphaned, Abandoned, Live, SegmentLost if it was removed from the
	// system, or KeyFileLost if it is one of the Strays of another entry.
	State State
	// Users are the processes seen to be attached, in ascending order: of other
	// users' processes only root sees that.
	Users []int
	// Programs are the names of those that run of the creator, of the last
	// process at the segment and at the lock, and of the Users, by pid; at most
	// 15 bytes each, as the kernel keeps them.
	Programs map[int]string
	// Made is when the segment, else the semaphore, else the key file was made,
	// as far as the system tells: a change of mode or owner counts as well.
	Made time.Time
}

// List finds every segment and semaphore of Qt's on this machine that can be
// seen, with the key as far as file names tell. Like [Inspect] it has no side
// effects, never blocks, takes no lock, and may be called from many goroutines
// at once. It takes some milliseconds for hundreds of segments, most of it to
// read /proc.
//
// It begins with the tables in /proc/sysvipc, which show everything in this IPC
// namespace that can be Qt's to any user. The key files it looks for, not
// recursively, are in the directory for temporary files, /tmp, /var/tmp and
// /dev/shm, and the working directories and directories for temporary files of
// the processes concerned, also where these have a /tmp of their own; other
// users' only root can see. The file of a native key is known by its inode, and
// is overlooked in any other directory, or if it has content. What has no file
// is listed nevertheless, and a QtKey's files also with nothing behind them.
// Of POSIX objects those with names of Qt's are listed, and any segment that has
// a semaphore of the same name. The kernel is asked whether anybody has them open, as
// by [Inspect].
//
// On Windows it reads the directories of named objects, this session's and that
// of all sessions, whose entries have native keys that begin with Global\, and the
// table of all handles, which tells the Users: of other users' processes only to
// an administrator. A segment with a native key is known by a process that has it
// open and has loaded QtCore, and overlooked if all of these have Qt built in. For
// an instant List has each object open itself, as every look does there.
//
// Errors: [ErrUnavailable], and [ErrUnsupported] without /proc. What cannot be
// looked at has the verdict [Unclear].
func List() ([]Entry, error) {
	const op = "list"
	if !native.Available {
		return nil, unavailable(op, Key{})
	}
	all, err := listAll()
	if err != nil {
		return nil, systemError(op, Key{}, err)
	}
	entries := make([]Entry, len(all))
	for i := range all {
		entries[i] = entryOf(&all[i])
	}
	spellKeys(entries)
	for i := range all {
		if of := all[i].StrayOf; of != nil {
			entries[i].Name = nameOf(keyAt(*of), *of)
		}
	}
	slices.SortFunc(entries, compareEntries)
	return entries, nil
}

// entryOf is what a system found, in the words of this package.
func entryOf(f *ipc.Found) Entry {
	key := keyAt(f.Place)
	if f.Kind == ipc.KindPosix {
		key = posixKeyAt(f)
	}
	e := Entry{
		Kind: Kind(f.Kind), Key: key, Name: f.Name, State: stateOf(key, &f.Facts),
		Users: f.Users, Programs: f.Programs, Made: f.Made,
	}
	if f.Place.Segment != "" {
		key := keyAt(f.Place)
		e.Name = nameOf(key, f.Place)
	}
	switch v := &e.State.Verdict; {
	case f.Unclear:
		*v = Unclear
	case f.LockUnknown && f.Segment.Removed:
		*v = SegmentLost
	case f.StrayOf != nil:
		*v = KeyFileLost
	case f.LockUnknown && e.State.Segment.isOrphan():
		*v = Orphaned
	case f.LockUnknown && e.State.Segment.isAbandoned:
		*v = Abandoned
	case f.LockUnknown && *v != Unattended:
		*v = Live
	}
	return e
}

// keyAt is the key of a place as far as it is certain: a native one, or one of
// whose letters the file name has all.
func keyAt(p ipc.Place) Key {
	rest, ok := ipc.QtRest(filepath.Base(p.Segment))
	switch {
	case p.Native:
		return NativeKey(p.Segment)
	case ok && ipc.IsAll(rest):
		return QtKey(ipc.Letters(rest))
	case ok && spelling(rest) != "":
		return QtKey(spelling(rest))
	}
	return Key{}
}

// posixKeyAt is the key of a POSIX segment, or of one that would have the semaphore
// found: with the key that Qt made the names of, if that is certain.
func posixKeyAt(f *ipc.Found) Key {
	if f.Place.Segment == "" {
		return PosixKey(f.Name)
	}
	key := PosixKey("/" + f.Place.Segment)
	key.legacy = keyAt(f.Place).name
	return key
}

// nameOf is the name of a key as far as its place tells.
func nameOf(key Key, p ipc.Place) string {
	if key != (Key{}) {
		return key.name
	}
	rest, ok := ipc.QtRest(filepath.Base(p.Segment))
	if !ok {
		return p.Segment
	}
	return ipc.Letters(rest) + "…"
}

// compareEntries sorts by name, entries without one last.
func compareEntries(a, b Entry) int {
	return cmp.Or(
		cmp.Compare(btoi(a.Name == ""), btoi(b.Name == "")),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.State.Segment.File.Path, b.State.Segment.File.Path),
		cmp.Compare(a.State.Segment.ID, b.State.Segment.ID),
		cmp.Compare(a.State.Lock.ID, b.State.Lock.ID),
	)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
