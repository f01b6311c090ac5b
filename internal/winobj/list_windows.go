package winobj

import (
	"slices"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// listing is a List under way.
type listing struct {
	system   System
	users    map[string][]int // by the full names of objects
	qt       map[int]bool     // whether processes have QtCore
	programs map[int]string
	found    []ipc.Found
}

// List reads the directories of named objects, this session's and that of all
// sessions, whose objects have names that begin with Global\. A segment with a
// native key is known by a process that has it open and has loaded QtCore.
func (s System) List(*procfs.Mappings) ([]ipc.Found, error) {
	l := listing{system: s, users: objectUsers(), qt: make(map[int]bool), programs: make(map[int]string)}
	if err := l.read(sessionDirectory(), ""); err != nil {
		return nil, &ipc.Error{Code: ipc.Unknown, Err: err,
			Text: "reading the directory of this session's objects: " + err.Error() + "; try again"}
	}
	if sessionDirectory() != globalDirectory {
		_ = l.read(globalDirectory, globalPrefix) // not everybody may
	}
	return l.found, nil
}

// read adds what there is in a directory of objects, whose names have a prefix.
func (l *listing) read(directory, prefix string) error {
	objects, err := readDirectory(directory)
	done := make(map[string]bool)
	for _, o := range objects {
		rest, ok := ipc.QtRest(o.name)
		switch {
		case o.kind != sectionType && o.kind != semaphoreType:
		case ok && !done[rest]:
			done[rest] = true
			p := ipc.QtPlace(prefix, rest)
			if prefix != "" {
				p = nativePlace(p.Segment) // from this session no other key leads there
			}
			l.add(p)
		case !ok && o.kind == sectionType && l.isQts(directory+`\`+o.name):
			l.add(nativePlace(prefix + o.name))
		}
	}
	return err
}

func nativePlace(segment string) ipc.Place {
	return ipc.Place{Segment: segment, Lock: System{}.NativeLock(segment), Native: true}
}

// isQts tells whether a process with Qt has an object open: nothing else tells a
// native key from any other name.
func (l *listing) isQts(full string) bool {
	for _, pid := range l.users[full] {
		has, ok := l.qt[pid]
		if !ok {
			has = hasQt(pid)
			l.qt[pid] = has
		}
		if has {
			return true
		}
	}
	return false
}

func (l *listing) add(p ipc.Place) {
	facts, err := l.system.Facts(p)
	kind := ipc.KindOf(&facts)
	if kind == ipc.KindKeyFile && err == nil {
		return // gone by now
	}
	f := ipc.Found{Kind: kind, Place: p, Facts: facts, Unclear: err != nil, Users: l.users[fullName(p.Segment)]}
	for _, pid := range slices.Concat(l.users[fullName(p.Lock)], f.Users) {
		f.NameProgram(pid, l.program(pid))
	}
	l.found = append(l.found, f)
}

// program is the name of the file that a process runs.
func (l *listing) program(pid int) string {
	name, ok := l.programs[pid]
	if !ok {
		name = programName(pid)
		l.programs[pid] = name
	}
	return name
}
