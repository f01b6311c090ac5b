package qtbridge

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// listing is a List under way.
type listing struct {
	op       string
	users    map[string][]int // by the full names of objects
	qt       map[int]bool     // whether processes have QtCore
	programs map[int]string
	entries  []Entry
}

func list(op string) ([]Entry, error) {
	l := listing{op: op, users: objectUsers(), qt: make(map[int]bool), programs: make(map[int]string)}
	if err := l.read(sessionDirectory(), ""); err != nil {
		return nil, &Error{Op: op, Code: ErrUnknown, Err: err, Msg: "reading the directory of this session's objects: " + err.Error() + "; try again"}
	}
	if sessionDirectory() != globalDirectory {
		_ = l.read(globalDirectory, globalPrefix) // not everybody may
	}
	return l.entries, nil
}

// read adds what there is in a directory of objects, whose names have a prefix.
func (l *listing) read(directory, prefix string) error {
	objects, err := readDirectory(directory)
	done := make(map[string]bool)
	for _, o := range objects {
		rest, ok := qtRest(o.name)
		switch {
		case o.kind != sectionType && o.kind != semaphoreType:
		case ok && !done[rest]:
			done[rest] = true
			l.add(place{segment: prefix + segmentPrefix + rest, lock: prefix + lockPrefix + rest})
		case !ok && o.kind == sectionType && l.isQts(directory+`\`+o.name):
			l.add(place{segment: prefix + o.name})
		}
	}
	return err
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

func (l *listing) add(p place) {
	e := Entry{Key: NativeKey(p.segment), Name: p.segment}
	if rest, ok := qtRest(p.segment); ok {
		e.Key = certainKey(rest)
		e.Name = nameOf(e.Key, p)
	}
	var err error
	if e.State, err = inspectOnce(l.op, e.Key, p); err != nil {
		e.State.Verdict = Unclear
	}
	if e.Kind = kindOf(&e.State); e.Kind == KindKeyFile && err == nil {
		return // gone by now
	}
	e.Users = l.users[fullName(p.segment)]
	for _, pid := range append(l.users[fullName(p.lock)], e.Users...) {
		if name := l.program(pid); name != "" {
			if e.Programs == nil {
				e.Programs = make(map[int]string)
			}
			e.Programs[pid] = name
		}
	}
	l.entries = append(l.entries, e)
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

func programName(pid int) string {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer func() { _ = windows.CloseHandle(process) }()
	path := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(path))
	if err := windows.QueryFullProcessImageName(process, 0, &path[0], &size); err != nil {
		return ""
	}
	return filepath.Base(windows.UTF16ToString(path[:size]))
}

// hasQt tells whether a process has loaded QtCore. A program that has Qt built in
// cannot be told from others.
func hasQt(pid int) bool {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPMODULE|windows.TH32CS_SNAPMODULE32, uint32(pid))
	if err != nil {
		return false
	}
	defer func() { _ = windows.CloseHandle(snapshot) }()
	var module windows.ModuleEntry32
	module.Size = uint32(windows.SizeofModuleEntry32)
	for err = windows.Module32First(snapshot, &module); err == nil; err = windows.Module32Next(snapshot, &module) {
		name := strings.ToLower(windows.UTF16ToString(module.Module[:]))
		if strings.HasPrefix(name, "qt5core") || strings.HasPrefix(name, "qt6core") {
			return true
		}
	}
	return false
}
