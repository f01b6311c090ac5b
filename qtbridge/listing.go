//go:build !windows

package qtbridge

import (
	"errors"
	"os"
	"strings"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// listing is a List under way.
type listing struct {
	segments   []segmentRow
	semaphores []semaphoreRow
	states     map[int]native.SemaphoreState // of semaphores that no Qt name is found for
	maps       procfs.Mappings
	programs   map[int]string

	found map[place]Key     // key files, with the key if it is certain
	files map[ipcKey]string // empty files that can be those of native keys
	named map[ipcKey]bool   // the System V keys that a file is known of

	entries  []Entry
	nameless []segmentRow // segments that no file is known of
}

func list(op string) ([]Entry, error) {
	if _, err := os.Stat("/proc/sysvipc/shm"); err != nil {
		return nil, &Error{Op: op, Code: ErrUnsupported, Err: err,
			Msg: "there is no /proc/sysvipc to read; mount /proc, with a kernel that has System V IPC"}
	}
	l := newListing()
	l.findKeyFiles()
	l.lookAtKeys()
	l.addNameless()
	l.blame()
	l.addPosix()
	l.describe()
	return l.entries, nil
}

func newListing() *listing {
	return &listing{
		segments: readSegments(), semaphores: readSemaphores(),
		states: make(map[int]native.SemaphoreState), programs: make(map[int]string),
		found: make(map[place]Key), files: make(map[ipcKey]string), named: make(map[ipcKey]bool),
	}
}

// maxFiles is how many files of a directory are looked at.
const maxFiles = 20_000

// findKeyFiles finds the files that lead to what there is, and Qt's others.
func (l *listing) findKeyFiles() {
	for _, dir := range l.directories() {
		l.readDirectory(dir)
	}
	for p := range l.found {
		for _, path := range []string{p.segment, p.lock} {
			if device, inode, ok := lookInode(path); ok {
				l.named[makeIPCKey(device, inode)] = true
			}
		}
	}
	for key, path := range l.files {
		if l.isThere(key) && !l.named[key] {
			l.named[key] = true
			l.found[l.nativePlace(key, path)] = NativeKey(path)
		}
	}
}

// nativePlace is the place of a native key, with the semaphore on the same file
// that Qt 6.6 and later makes.
func (l *listing) nativePlace(key ipcKey, path string) place {
	p := place{segment: path}
	for _, row := range l.semaphores {
		if row.key == key {
			p.lock = path
		}
	}
	return p
}

func (l *listing) isThere(key ipcKey) bool {
	for _, row := range l.segments {
		if row.key == key {
			return true
		}
	}
	return false
}

// readDirectory notes the files of dir that can be key files.
func (l *listing) readDirectory(dir string) {
	if !isDir(dir) {
		return // and no pipe, which would block
	}
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	entries, _ := f.ReadDir(maxFiles)
	for _, entry := range entries {
		path := strings.TrimRight(dir, "/") + "/" + entry.Name()
		switch rest, ok := qtRest(entry.Name()); {
		case ok:
			l.found[qtPlaceIn(dir, rest)] = certainKey(rest)
		case entry.Type().IsRegular():
			l.noteFile(path)
		}
	}
}

func (l *listing) noteFile(path string) {
	if file, err := lookFile(path); err != nil || !file.Plain {
		return
	}
	if device, inode, ok := lookInode(path); ok {
		l.files[makeIPCKey(device, inode)] = path
	}
}

// qtPlaceIn is the place of a QtKey in a directory for temporary files.
func qtPlaceIn(dir, rest string) place {
	dir = strings.TrimRight(dir, "/") + "/"
	return place{segment: dir + segmentPrefix + rest, lock: dir + lockPrefix + rest}
}

// lookAtKeys adds an entry for each key that files are known of.
func (l *listing) lookAtKeys() {
	for p, key := range l.found {
		state, err := l.look(key, p)
		kind := kindOf(&state)
		if kind == KindKeyFile && (key.native || !hasPlainFile(&state)) {
			continue // gone by now, or not Qt's
		}
		if err != nil {
			state.Verdict = Unclear
		}
		l.entries = append(l.entries, Entry{Kind: kind, Key: key, Name: nameOf(key, p), State: state})
	}
}

func hasPlainFile(s *State) bool { return s.Segment.File.Plain || s.Lock.File.Plain }

// look is Inspect for a place. The strays are looked for later, for all at once.
func (l *listing) look(key Key, p place) (State, error) {
	state, err := l.lookOnce(key, p)
	for range retries {
		if err != nil || state.Verdict != LockLost {
			break
		}
		before := state.Segment.ID // it may have been made anew meanwhile
		if state, err = l.lookOnce(key, p); state.Segment.ID == before {
			break
		}
	}
	return state, err
}

func (l *listing) lookOnce(key Key, p place) (State, error) {
	i := inspection{op: "list", rows: l.segments, locks: l.semaphores, state: State{Key: key}}
	err := i.lookAtSegment(p.segment)
	if p.lock != "" {
		err = errors.Join(err, i.lookAtLock(p.lock))
	}
	i.state.Verdict = i.state.judge()
	return i.state, err
}

// addNameless adds what no file is known of, if it is still there: what was
// removed meanwhile has lost its file as well.
func (l *listing) addNameless() {
	still := make(map[int]bool)
	for _, row := range readSegments() {
		still[row.id] = true
	}
	for _, row := range l.segments {
		if l.named[row.key] || !still[row.id] {
			continue
		}
		l.nameless = append(l.nameless, row)
		state := State{Verdict: Live, Segment: SegmentState{Exists: true, SegmentFacts: row.facts()}}
		if state.Segment.isOrphan() {
			state.Verdict = Orphaned
		}
		l.entries = append(l.entries, Entry{Kind: KindSegment, State: state})
	}
	l.addNamelessSemaphores()
}

func (l *listing) addNamelessSemaphores() {
	still := make(map[int]bool)
	for _, row := range readSemaphores() {
		still[row.id] = true
	}
	for _, row := range l.semaphores {
		if l.named[row.key] || !still[row.id] || row.count != 1 {
			continue
		}
		lock := LockState{Exists: true, IPCKey: int32(row.key), ID: row.id, Value: -1, Mode: row.mode, Owner: row.owner}
		lock.Last.Alive = true
		if state, ok := l.states[row.id]; ok {
			lock.Value, lock.Waiters = state.Value, state.Waiters
			lock.Last = Process{PID: state.Last, Alive: !isForsaken(state)}
		}
		state := State{Lock: lock}
		state.Verdict = state.judge()
		l.entries = append(l.entries, Entry{Kind: KindSemaphore, State: state})
	}
}

// blame finds the keys that the segments without a file are suspected to have
// had.
func (l *listing) blame() {
	if len(l.nameless) == 0 {
		return
	}
	names := make(map[int]string) // by the id of a stray
	for n := range l.entries {
		e := &l.entries[n]
		if e.State.Segment.File.Path == "" || e.State.Verdict == Unclear {
			continue
		}
		i := inspection{rows: l.nameless, fileless: true, locks: l.semaphores, maps: l.maps, state: e.State}
		e.State.Strays = i.findStrays()
		l.maps = i.maps
		e.State.Verdict = e.State.judge()
		for _, stray := range e.State.Strays {
			names[stray.ID] = e.Name
		}
	}
	for n := range l.entries {
		e := &l.entries[n]
		if name, ok := names[e.State.Segment.ID]; ok && e.Name == "" && e.State.Segment.Exists {
			e.Name, e.State.Verdict = name, KeyFileLost
		}
	}
}

// describe fills in who is attached, the names of programs, and the age.
func (l *listing) describe() {
	for n := range l.entries {
		e := &l.entries[n]
		s := &e.State
		if e.Kind != KindPosix && s.Segment.Attached > 0 {
			e.Users = l.maps.Users(s.Segment.ID)
		}
		for _, pid := range append([]int{s.Segment.Creator.PID, s.Segment.Last.PID, s.Lock.Last.PID}, e.Users...) {
			if name := l.program(pid); name != "" {
				if e.Programs == nil {
					e.Programs = make(map[int]string)
				}
				e.Programs[pid] = name
			}
		}
	}
	l.date()
}

func (l *listing) program(pid int) string {
	if pid <= 0 {
		return ""
	}
	name, ok := l.programs[pid]
	if !ok {
		name = procfs.Program(pid)
		l.programs[pid] = name
	}
	return name
}

func (l *listing) date() {
	segments, locks := make(map[int]segmentRow), make(map[int]semaphoreRow)
	for _, row := range l.segments {
		segments[row.id] = row
	}
	for _, row := range l.semaphores {
		locks[row.id] = row
	}
	for n := range l.entries {
		e := &l.entries[n]
		s := &e.State
		segment, isSegment := segments[s.Segment.ID]
		lock, isLock := locks[s.Lock.ID]
		switch {
		case e.Kind != KindPosix && s.Segment.Exists && isSegment:
			e.Made = segment.created
		case e.Kind == KindSemaphore && isLock:
			e.Made = lock.created
		case s.Segment.File.Exists:
			e.Made = s.Segment.File.Changed
		case s.Lock.File.Exists:
			e.Made = s.Lock.File.Changed
		}
	}
}
