package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// addReaders is about those who stay attached to a segment that its creator has left.
func (x *examination) addReaders(e *qtbridge.Entry, name string) {
	creator := e.State.Segment.Creator
	if creator.PID == 0 || len(e.Users) == 0 || slices.Contains(e.Users, creator.PID) {
		return
	}
	has := "runs but has detached"
	if !creator.Alive {
		has = "is gone"
	}
	f := finding{ID: "held-open", Severity: note, Key: name, PIDs: e.Users,
		Text: fmt.Sprintf("The creator of the segment, process %d, %s; %s. As long as anybody is, every create() of the key fails.",
			creator.PID, has, usersText(e.Users))}
	switch key, tmpdir, ok := reach(e); {
	case x.peer != nil && x.peer.pid == creator.PID && creator.Alive:
		f.Severity, f.Command = problem, "kill "+pidList(e.Users)
		f.Text += fmt.Sprintf(" So %v cannot make it anew, until those detach or end.", x.peer)
	case creator.Alive && ok && tmpdir == "":
		f.Text += " Whether that keeps the creator from its work, the command tells."
		f.Command = fmt.Sprintf("qtshm doctor %s --peer %d", quote(key.String()), creator.PID)
	default:
		f.Text += fmt.Sprintf(" If a program waits to make it anew, end those attached: kill %s.", pidList(e.Users))
	}
	x.add(f)
}

// isNameless tells whether an entry is a segment in use that no key file is known to
// lead to, and that is suspected to be no key's.
func isNameless(e *qtbridge.Entry) bool {
	s := &e.State.Segment
	return e.Name == "" && s.File.Path == "" && s.Exists && s.Attached > 0
}

// seekNameless tells of segments that the peer is attached to, and, if key leads to
// none, of those of processes that have their key files where key has.
func (x *examination) seekNameless(key qtbridge.Key, state *qtbridge.State) {
	for i := range x.entries {
		e := &x.entries[i]
		if !isNameless(e) || x.told(e) {
			continue
		}
		isPeers := x.peer != nil && slices.Contains(e.Users, x.peer.pid)
		if isPeers || !state.Segment.Exists && areNeighbours(e.Users, filepath.Dir(state.Segment.File.Path)) {
			x.addNameless(e, key.String())
		}
	}
}

// areNeighbours tells whether one of these processes has its key files in dir.
func areNeighbours(pids []int, dir string) bool {
	return slices.ContainsFunc(pids, func(pid int) bool {
		return slices.ContainsFunc(procfs.Directories(pid), func(theirs string) bool { return procfs.IsSameFile(theirs, dir) })
	})
}

// told tells whether a segment was found to be a stray of the key.
func (x *examination) told(e *qtbridge.Entry) bool {
	return slices.ContainsFunc(x.findings, func(f *finding) bool { return f.ID == "split-key" && slices.Equal(f.PIDs, e.Users) })
}

// addNameless is about a segment in use that no key file is known to lead to. It can
// be that of a native key, whose file may lie anywhere, unless a lock has lost its file
// as well: a QtKey has both where they are looked for.
func (x *examination) addNameless(e *qtbridge.Entry, name string) {
	s := &e.State.Segment
	f := finding{ID: "no-key-file", Severity: note, Key: name, PIDs: e.Users}
	f.Text = fmt.Sprintf("No key file was found that leads to segment %d, of %d bytes, created by process %d; %s. If it was deleted, as by a cleaner of temporary files, nobody new finds the segment; end them and start them again.",
		s.ID, s.Size, s.Creator.PID, usersText(e.Users))
	switch {
	case x.lostLock(e), x.peer != nil && x.lacksSegment && slices.Contains(e.Users, x.peer.pid):
		f.Severity = problem
		f.Command = "kill " + pidList(e.Users)
	case x.key != "" && len(e.Users) > 0:
		f.Text += " Whether it was of this key, a comparison with that program can tell, as the command has it."
		f.Command = fmt.Sprintf("qtshm doctor %s --peer %d", quote(x.key), e.Users[0])
	}
	x.add(f)
}

// lostLock tells whether one of those attached used a lock without a key file last.
func (x *examination) lostLock(segment *qtbridge.Entry) bool {
	return slices.ContainsFunc(x.entries, func(e qtbridge.Entry) bool {
		l := &e.State.Lock
		return e.Kind == qtbridge.KindSemaphore && l.File.Path == "" &&
			l.IPCKey != segment.State.Segment.IPCKey && slices.Contains(segment.Users, l.Last.PID)
	})
}

func usersText(pids []int) string {
	switch len(pids) {
	case 0:
		return "those attached are of other users"
	case 1:
		return "process " + pidList(pids) + " is attached"
	}
	return "processes " + pidList(pids) + " are attached"
}
