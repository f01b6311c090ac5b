package qtbridge

// Stray is a segment in use that no key file seems to lead to, and that is
// suspected to have been this key's before its key file was deleted.
//
// A System V key holds 24 bits of the key file's device and inode and nothing of
// its name, so this cannot be proven, and is missed where nothing speaks for it.
// Looked for are segments with a key as Qt makes it, on the device of the key
// file, with processes attached, whose inode is that of no file in the key
// file's directory, the directory for temporary files, and the working
// directories of the processes concerned. Of these only such are reported that
// there is [Evidence] for. A segment whose key file lies in yet another
// directory, or a deleted key file's inode that a new file got, can mislead.
//
// Looked for are also segments that were removed from the system under those who are
// attached, as by ipcrm or RemoveIPC= of systemd at the end of a session. Their
// mappings still show the System V key, to the user of the processes and to root.
type Stray struct {
	SegmentFacts
	Evidence Evidence
	// Removed: the segment is no more but for those attached. No key file can lead
	// to it again, and it goes with the last of them.
	Removed bool
	// Users are the processes seen to be attached: of other users, only root
	// sees them.
	Users []int
}

// Evidence is what links a [Stray] to a key.
type Evidence int

// The kinds of evidence, the strongest first.
const (
	noEvidence Evidence = iota
	// SameKey: it was made with the key file that is there today, and was removed.
	SameKey
	// UsedLock: a process that made it or is attached to it was the last to use
	// the lock of this key, and is not attached to the segment that the key leads
	// to now.
	UsedLock
	// SameCreator: the process that made it, and has left it, made the segment
	// that the key leads to now.
	SameCreator
	// SameDirectory: the key is a native one, and a process with the stray runs
	// in the directory of the key file, where a relative name leads.
	SameDirectory
	// SameAge: it was made with the key file of the lock, in the same second or the
	// next, and a process with it finds its key files in the same directory.
	SameAge
	// SameProgram: the program that made the segment that the key leads to now runs
	// a second time, has this one, and finds its key files in the same directory.
	SameProgram
)

var evidenceTexts = [...]string{
	noEvidence:    "nothing",
	SameKey:       "it was made with its key file",
	UsedLock:      "a process with it used the lock of this key last",
	SameCreator:   "its creator made the segment of this key as well",
	SameDirectory: "a process with it runs in the directory of the key file",
	SameAge:       "it is as old as the lock of this key",
	SameProgram:   "the program that made the segment of this key runs twice, and has it",
}

func (e Evidence) String() string { return enumText(e, evidenceTexts[:], "evidence") }
