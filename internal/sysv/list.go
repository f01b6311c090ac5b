//go:build linux

package sysv

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// listing is a List under way.
type listing struct {
	segments   []ipc.Segment
	semaphores []semaphoreRow
	states     map[int]ipc.Semaphore // of semaphores that no Qt name is found for
	maps       *procfs.Mappings
	programs   map[int]string

	found map[ipc.Place]bool // that key files are known of
	files map[key][]string   // all that can be key files: also empty ones, of native keys
	named map[key]bool       // the keys that a file is known of
	leads map[key]bool       // of these, those with a file that can be a segment's
	lost  map[string]bool    // of these files, whether the segment was removed

	entries  []ipc.Found
	nameless []ipc.Segment // segments that no file is known of
}

// List begins with the tables in /proc/sysvipc, which show everything in this IPC
// namespace to any user, and looks for the files that lead there.
func (System) List(maps *procfs.Mappings) ([]ipc.Found, error) {
	if _, err := os.Stat(segmentTable); err != nil {
		return nil, &ipc.Error{Code: ipc.Unsupported, Err: err,
			Text: "there is no /proc/sysvipc to read; mount /proc, with a kernel that has System V IPC"}
	}
	if err := refusal(); err != nil {
		return nil, err
	}
	l := listing{
		segments: readSegments(maps), semaphores: readSemaphores(), maps: maps,
		states: make(map[int]ipc.Semaphore), programs: make(map[int]string),
		found: make(map[ipc.Place]bool), files: make(map[key][]string), named: make(map[key]bool), leads: make(map[key]bool),
		lost: make(map[string]bool),
	}
	l.findKeyFiles()
	l.lookAtKeys()
	l.addNameless()
	l.linkStrays()
	l.describe()
	return l.entries, nil
}

// maxFiles is how many files of a directory are looked at.
const maxFiles = 20_000

// findKeyFiles finds the files that lead to what there is, and Qt's others.
func (l *listing) findKeyFiles() {
	for _, dir := range l.directories() {
		l.readDirectory(dir)
	}
	for p := range l.found {
		for _, path := range []string{p.Segment, p.Lock} {
			if key, ok := fileKey(path); ok {
				l.named[key], l.leads[key] = true, l.leads[key] || path == p.Segment
				l.files[key] = append(l.files[key], path)
			}
		}
	}
	for _, row := range l.segments {
		key := key(row.Key)
		if l.leads[key] {
			continue
		}
		for _, path := range l.files[key] {
			if _, isQt := ipc.QtRest(filepath.Base(path)); isQt {
				continue // it is a lock's
			}
			l.named[key], l.leads[key], l.lost[path] = true, true, row.Removed
			l.found[l.nativePlace(key, path)] = true
		}
	}
}

// nativePlace is the place of a native key, with the semaphore on the same file
// that Qt 6.6 and later makes.
func (l *listing) nativePlace(key key, path string) ipc.Place {
	p := ipc.Place{Segment: path, Native: true}
	for _, row := range l.semaphores {
		if row.Key == int32(key) {
			p.Lock = path
		}
	}
	return p
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
	dir = strings.TrimRight(dir, "/") + "/"
	entries, _ := f.ReadDir(maxFiles)
	before := len(l.files)
	for _, entry := range entries {
		switch rest, ok := ipc.QtRest(entry.Name()); {
		case ok:
			l.found[ipc.QtPlace(dir, rest)] = true
		case entry.Type().IsRegular():
			l.noteFile(dir + entry.Name())
		}
	}
	if len(l.files) > before {
		l.noteNewSegments()
	}
}

// noteNewSegments notes the segments that were made since the table was read: one that is
// made anew for each message may have another key file by now, and so another key.
func (l *listing) noteNewSegments() {
	known := make(map[int]bool)
	for _, row := range l.segments {
		known[row.ID] = true
	}
	for _, row := range readSegments(l.maps) {
		if !known[row.ID] {
			l.segments = append(l.segments, row)
		}
	}
}

func (l *listing) noteFile(path string) {
	if file, err := lookFile(path); err != nil || !file.Plain {
		return
	}
	if key, ok := fileKey(path); ok {
		l.files[key] = append(l.files[key], path)
	}
}

// lookAtKeys adds an entry for each key that files are known of.
func (l *listing) lookAtKeys() {
	for p := range l.found {
		facts, err := l.look(p)
		kind := ipc.KindOf(&facts)
		if kind == ipc.KindKeyFile && !l.lost[p.Segment] && (p.Native || !facts.SegmentFile.Plain && !facts.LockFile.Plain) {
			continue // gone by now, or not Qt's
		}
		l.entries = append(l.entries, ipc.Found{Kind: kind, Place: p, Facts: facts, Unclear: err != nil})
	}
}

// look is Facts without the strays, which are looked for later, for all at once.
// It looks again where a segment without a lock may have been made anew meanwhile.
func (l *listing) look(p ipc.Place) (ipc.Facts, error) {
	facts, err := l.lookOnce(p)
	for range retries {
		if err != nil || p.Native || !facts.InUse() || facts.HasLock {
			break
		}
		before := facts.Segment.ID
		if facts, err = l.lookOnce(p); facts.Segment.ID == before {
			break
		}
	}
	return facts, err
}

// retries is how often to look again at what comes and goes.
const retries = 10

func (l *listing) lookOnce(p ipc.Place) (ipc.Facts, error) {
	i := inspection{place: p, segments: l.segments, locks: l.semaphores, files: l.files, maps: l.maps}
	err := errors.Join(i.lookAtSegment(), i.lookAtLock())
	i.findNamesakes()
	i.findStrangers()
	return i.facts, err
}

// addNameless adds what no file is known of, if it is still there: what was
// removed meanwhile has lost its file as well.
func (l *listing) addNameless() {
	still := make(map[int]bool)
	for _, row := range readSegments(l.maps) {
		still[row.ID] = true
	}
	for _, row := range l.segments {
		if l.leads[key(row.Key)] && !row.Removed || !still[row.ID] {
			continue
		}
		l.nameless = append(l.nameless, row)
		l.entries = append(l.entries, ipc.Found{Kind: ipc.KindSegment, LockUnknown: true,
			Facts: ipc.Facts{HasSegment: true, Segment: row}})
	}
	l.addNamelessSemaphores()
}

func (l *listing) addNamelessSemaphores() {
	still := make(map[int]bool)
	for _, row := range readSemaphores() {
		still[row.ID] = true
	}
	for _, row := range l.semaphores {
		if l.named[key(row.Key)] || !still[row.ID] || row.count != 1 {
			continue
		}
		facts := ipc.Facts{HasLock: true, Lock: row.Semaphore}
		if state, ok := l.states[row.ID]; ok {
			facts.Lock.Value, facts.Lock.Waiters, facts.Lock.Last = state.Value, state.Waiters, state.Last
			facts.Forsaken = state.IsForsaken()
		}
		l.entries = append(l.entries, ipc.Found{Kind: ipc.KindSemaphore, Facts: facts})
	}
}

// linkStrays finds the keys that the segments without a file are suspected to
// have had.
func (l *listing) linkStrays() {
	if len(l.nameless) == 0 {
		return
	}
	places := make(map[int]*ipc.Place) // by the id of a stray
	for n := range l.entries {
		e := &l.entries[n]
		if e.Place.Segment == "" || e.Unclear {
			continue
		}
		i := inspection{place: e.Place, segments: l.nameless, fileless: true, locks: l.semaphores, maps: l.maps, facts: e.Facts}
		e.Strays = i.findStrays()
		for _, stray := range e.Strays {
			places[stray.ID] = &e.Place
		}
	}
	for n := range l.entries {
		e := &l.entries[n]
		if e.HasSegment && e.Place.Segment == "" {
			e.StrayOf = places[e.Segment.ID]
		}
	}
}

// describe fills in who is attached, the names of programs, and the age.
func (l *listing) describe() {
	for n := range l.entries {
		e := &l.entries[n]
		if e.Segment.Attached > 0 {
			e.Users = l.maps.Users(e.Segment.ID)
		}
		for _, pid := range append([]int{e.Segment.Creator, e.Segment.Last, e.Lock.Last}, e.Users...) {
			e.NameProgram(pid, l.program(pid))
		}
		e.Made = madeAt(e)
	}
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

// madeAt is when the segment, else the semaphore, else the key file was made.
func madeAt(e *ipc.Found) time.Time {
	switch {
	case e.HasSegment && !e.Segment.Made.IsZero():
		return e.Segment.Made
	case e.Kind == ipc.KindSemaphore && !e.Lock.Set.IsZero():
		return e.Lock.Set
	case e.SegmentFile.Exists:
		return e.SegmentFile.Changed
	}
	return e.LockFile.Changed // zero without a file
}
