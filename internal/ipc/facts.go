package ipc

import (
	"fmt"
	"io/fs"
	"time"

	"qtinterop/internal/procfs"
)

// Segment is what a system knows of a segment. What it does not know is 0.
type Segment struct {
	Key      int32 // the System V key, also if there is no segment
	ID       int
	Size     int64 // bytes
	Mode     fs.FileMode
	Owner    int       // uid
	Group    int       // gid
	Attached int       // how many mappings or handles, of any process, or Uncounted
	Creator  int       // pid
	Last     int       // pid of the last to attach or detach
	Made     time.Time // or changed its mode; in whole seconds
	Touched  time.Time // when Last did; in whole seconds
	// FileChanged is when the key file was made, or last changed its name or mode, in
	// whole seconds, if the segment was found by it.
	FileChanged time.Time
	// Unclaimed: nobody is known to want it but those attached, as where segments
	// stay without users and the system does not know who created them.
	Unclaimed bool
	// Removed: nobody finds it by its key any more, and it goes with the last who
	// is attached.
	Removed bool
}

// Uncounted is how many are attached to a segment where a look does not tell.
const Uncounted = -1

// HasYoungerFile tells whether the key file can be of a later time than the segment.
// Programs make it before.
func (s *Segment) HasYoungerFile() bool {
	return !s.FileChanged.IsZero() && IsYounger(s.FileChanged, s.Made)
}

// IsYounger tells whether a file is surely of a later time than an object of which the
// kernel tells the second. Their clocks can differ by a tick.
func IsYounger(file, made time.Time) bool { return file.Unix()-made.Unix() > 1 }

// HasCreator tells whether the process that created the segment runs, as far as can
// be told.
func (s *Segment) HasCreator() bool { return procfs.AliveSince(s.Creator, s.Made) }

// WasLeft tells whether who had the segment, which only the process self is attached to
// now, left it by a call: what ends a process takes its memory before it detaches. Before
// is the segment when self came. If nobody has used it since, the call came between.
func (s *Segment) WasLeft(self int, before Segment) bool {
	if s.Last != self {
		return procfs.HasMemory(s.Last)
	}
	return before.Last != self && procfs.HasMemory(before.Last) || procfs.HasMemory(s.Creator)
}

// IsOrphan tells whether the segment was left behind, as by a crash: nobody is
// attached, and who created it is gone.
func (s *Segment) IsOrphan() bool {
	return s.Attached == 0 && (s.Unclaimed || !s.HasCreator())
}

// IsUnattended tells whether nobody is attached and it cannot be told whether who
// created the segment runs, since that is in another pid namespace.
func (s *Segment) IsUnattended() bool {
	return s.Attached == 0 && !s.Unclaimed && s.Creator == 0
}

// IsAbandoned tells whether nobody is attached although who created it runs: the last
// one was killed. Who is making it attaches within [Fresh], unless that is over.
func (s *Segment) IsAbandoned() bool {
	if s.Attached != 0 || s.Unclaimed || s.Last == 0 || s.Creator == 0 || !s.HasCreator() {
		return false
	}
	return !procfs.AliveSince(s.Last, s.Touched) || time.Since(s.Made) > Fresh+time.Second // Made is in whole seconds
}

// Semaphore is what a system knows of a semaphore.
type Semaphore struct {
	Key     int32 // the System V key, also if there is no semaphore
	ID      int
	Value   int
	Waiters int // how many wait for a larger value
	Mode    fs.FileMode
	Owner   int       // uid
	Last    int       // pid of the last operation that ended
	Used    bool      // whether there ever was one
	Set     time.Time // when it was made, or its value set; in whole seconds
	Touched time.Time // when Last did or set it; in whole seconds
	Handles int       // how many others have it open, where that can be told
}

// Fresh is how long something may be the work of a process that is about to make
// what belongs to it, which takes Qt microseconds.
const Fresh = time.Second

// IsForsaken tells whether who used the semaphore last is gone. One that nobody
// ever used was made by a process that came no further: Qt makes it 0 and then
// sets its value.
func (s *Semaphore) IsForsaken() bool {
	if s.Last == 0 && !s.Used && s.Value == 0 {
		return time.Since(s.Set) > Fresh+time.Second // it is in whole seconds
	}
	return !procfs.AliveSince(s.Last, s.Touched)
}

// File is a file that an object hangs on, or of another system the name of the
// object alone.
type File struct {
	Path    string
	Exists  bool
	Owner   int       // uid
	Plain   bool      // a regular file without content, as Qt makes it
	Changed time.Time // when it was made, or last changed its name or mode
}

// Namesakes are the other files that make the same System V key as a key file, and so
// lead to the same object.
type Namesakes struct {
	Files []File // by their paths
	Whose Whose  // the object is
}

// Whose tells which of several key files an object was made by.
type Whose int

// What can be told by when the files and the object were made.
const (
	WhoseOurs    Whose = iota // of the key file, as far as is known
	WhoseUnclear              // of the key file or a namesake
	WhoseTheirs               // of a namesake: the key file was not there yet, and that was
)

// Facts are what there is of a key.
type Facts struct {
	SegmentFile File
	HasSegment  bool
	Segment     Segment // its Key also without a segment

	SegmentNamesakes Namesakes

	LockFile  File
	HasLock   bool
	Lock      Semaphore // Value is -1 if it is not to be known
	Forsaken  bool      // who used the lock last is gone
	LockUsers []int     // the processes that have a lock open that is held, where only that is known

	LockNamesakes Namesakes

	Strangers  []int // processes of other IPC namespaces that use the key file, if nobody does here
	Strays     []Stray
	LockStrays []int // ids of semaphores that may have been the lock
}

// InUse tells whether there is a segment that is somebody's.
func (f *Facts) InUse() bool { return f.HasSegment && !f.Segment.IsOrphan() }

// Stray is a segment that may have been that of a key before.
type Stray struct {
	Segment
	Evidence Evidence
	Users    []int // the processes seen to be attached
}

// Evidence is what links a Stray to a key.
type Evidence int

// The kinds of evidence, as in qtbridge.
const (
	NoEvidence Evidence = iota
	SameKey
	UsedLock
	SameCreator
	SameDirectory
	SameAge
	SameProgram
)

// Kind says what a [Found] is.
type Kind int

// The kinds, as in qtbridge.
const (
	KindKeyFile Kind = iota
	KindSegment
	KindSemaphore
	KindBoth
	KindPosix
)

// Found is what there is of one key, as a list has it.
type Found struct {
	Kind  Kind
	Place Place  // empty if no file or name is known
	Name  string // for people, if the Place does not say it
	Facts
	Unclear     bool           // it could not be told what is the matter
	LockUnknown bool           // nothing is known of its lock
	StrayOf     *Place         // the key whose stray it is
	Users       []int          // the processes seen to be attached, ascending
	Programs    map[int]string // the names of those concerned, by pid
	Made        time.Time
}

// NameProgram notes the program that a process runs, unless its name is not known.
func (f *Found) NameProgram(pid int, name string) {
	if name == "" {
		return
	}
	if f.Programs == nil {
		f.Programs = make(map[int]string)
	}
	f.Programs[pid] = name
}

// KindOf tells by what exists.
func KindOf(f *Facts) Kind {
	switch {
	case f.HasSegment && f.HasLock:
		return KindBoth
	case f.HasSegment:
		return KindSegment
	case f.HasLock:
		return KindSemaphore
	}
	return KindKeyFile
}

// Describe says what a segment is, for one who cannot have its place.
func (s *Segment) Describe(t *Traits) string {
	switch {
	case s.Attached == Uncounted:
		return fmt.Sprintf("%d bytes", s.Size)
	case !t.Processes:
		return fmt.Sprintf("%d bytes, held by %d objects", s.Size, s.Attached)
	}
	return fmt.Sprintf("%d bytes, created by process %d", s.Size, s.Creator)
}
