package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// addHidden is about a peer that cannot be looked at. Root may lack the right to,
// as in a container.
func (x *examination) addHidden(key qtbridge.Key) {
	p := x.peer
	f := finding{ID: "peer-hidden", Severity: note, PIDs: []int{p.pid}}
	f.Text = fmt.Sprintf("The TMPDIR, working directory and namespaces of %v cannot be seen", p)
	if os.Geteuid() == 0 {
		f.Text += ", not even as root, who lacks CAP_SYS_PTRACE over it here, as in a container. Run doctor outside of that."
	} else {
		f.Command = fmt.Sprintf("sudo qtshm doctor %s --peer %d", quote(key.String()), p.pid)
		f.Text += ": it is another user's. Run doctor as root."
	}
	x.add(f)
}

// compare compares this program with the peer. The zero Key stands for any.
func (x *examination) compare(key qtbridge.Key) {
	p := x.peer
	if !p.readable {
		x.addHidden(key)
	}
	if p.isApart("ipc") {
		x.addIPCNamespace(keyText(key), []int{p.pid})
	}
	if p.isApart("pid") {
		x.add(finding{ID: "pid-namespace", Severity: note, Key: keyText(key), PIDs: []int{p.pid},
			Command: fmt.Sprintf("nsenter --target %d --pid --mount qtshm doctor %s", p.pid, quote(key.String())),
			Text:    fmt.Sprintf("%v is in another pid namespace, as in a container. The programs can meet, but neither can tell whether the other one still runs, so what a crash leaves is not recognised.", p)})
	}
	if p.isApart("user") {
		x.add(finding{ID: "user-namespace", Severity: note, Key: keyText(key), PIDs: []int{p.pid},
			Text: fmt.Sprintf("%v is in another user namespace, as in a rootless container: there it may seem to be another user, here it is user %s. To share a segment, this program must run as that user.", p, x.names.name(p.uid))})
	}
	if p.readable {
		x.comparePlaces(key)
	}
	x.compareUsers(key)
}

func keyText(key qtbridge.Key) string {
	if key == (qtbridge.Key{}) {
		return ""
	}
	return key.String()
}

func (x *examination) addIPCNamespace(key string, pids []int) {
	p, err := newPeerProcess(pids[0])
	if err != nil {
		return
	}
	x.add(finding{ID: "ipc-namespace", Severity: problem, Key: key, PIDs: pids,
		Command: fmt.Sprintf("nsenter --target %d --ipc qtshm ls", p.pid),
		Text:    fmt.Sprintf("%v is in another IPC namespace, as in a container: no segment or semaphore is common to it and this program. Start the container with the host's (docker run --ipc=host), or both in one.", p)})
}

// comparePlaces compares where the two look for key files.
func (x *examination) comparePlaces(key qtbridge.Key) {
	p := x.peer
	if key.IsNative() {
		x.compareDirectories(key)
		return
	}
	ours := os.TempDir()
	f := finding{Severity: problem, Key: keyText(key), PIDs: []int{p.pid}}
	switch {
	case procfs.IsSameFile(p.rooted(p.tmpdir), ours):
	case procfs.IsSameFile(p.tmpdir, ours) || p.isApart("mnt") && !procfs.IsSameFile(p.rooted(p.tmpdir), p.tmpdir):
		x.addPrivate(f, p, p.tmpdir, key)
	case !x.has("other-tmpdir"):
		f.ID = "other-tmpdir"
		f.Text = fmt.Sprintf("%v has its key files in %s, and this program looks for them in %s: their TMPDIR is not the same.", p, p.tmpdir, ours)
		f.Command = "TMPDIR=" + quote(p.tmpdir) + " qtshm doctor " + quote(key.String())
		x.add(f)
	}
}

func (x *examination) has(id string) bool {
	for _, f := range x.findings {
		if f.ID == id {
			return true
		}
	}
	return false
}

// compareDirectories is about a relative native key.
func (x *examination) compareDirectories(key qtbridge.Key) {
	p := x.peer
	ours, err := os.Getwd()
	if err != nil || filepath.IsAbs(key.Name()) || procfs.IsSameFile(procfs.WorkingDirectory(p.pid), ours) || x.has("other-directory") {
		return
	}
	x.add(finding{ID: "other-directory", Severity: problem, Key: key.String(), PIDs: []int{p.pid},
		Command: "qtshm doctor " + quote(qtbridge.NativeKeyIn(p.cwd, key.Name()).String()),
		Text:    fmt.Sprintf("%v runs in %s, and this program in %s. A relative native key is taken from the working directory of each program.", p, p.cwd, ours)})
}

// compareUsers tells whether the peer is shut out of the segment, or would shut
// us out of one that it makes.
func (x *examination) compareUsers(key qtbridge.Key) {
	p := x.peer
	if key == (qtbridge.Key{}) {
		return
	}
	state, err := qtbridge.Inspect(key)
	switch s := &state.Segment; {
	case err != nil || p.uid < 0:
	case s.Exists && p.uid != 0 && s.Owner != p.uid && s.Mode&0o007 == 0:
		x.addOtherUser(key, s.Owner, p.uid, p.String())
	case !s.Exists && p.uid != os.Geteuid() && os.Geteuid() > 0:
		x.add(finding{ID: "other-user", Severity: problem, Key: key.String(), PIDs: []int{p.pid},
			Command: fmt.Sprintf("sudo -u %s qtshm doctor %s", x.names.name(p.uid), quote(key.String())),
			Text: fmt.Sprintf("%v runs as user %s, and this program as user %s. Qt gives nobody else access to its segments; run both as the same user.",
				p, x.names.name(p.uid), x.names.name(os.Geteuid()))})
	}
}

// compareSegments tells whether the peer is attached to the segment that was seen, by its
// id, or to which others.
func (x *examination) compareSegments(state *qtbridge.State) {
	p := x.peer
	if !p.readable || p.isApart("ipc") {
		return // it cannot be told, or is told
	}
	var others []string
	for i := range x.entries {
		e := &x.entries[i]
		s := &e.State.Segment
		if !s.Exists || !slices.Contains(e.Users, p.pid) {
			continue
		}
		if state.Segment.Exists && s.File.Path == state.Segment.File.Path && s.ID == state.Segment.ID {
			return
		}
		others = append(others, fmt.Sprintf("segment %d (%s)", s.ID, entryName(e)))
	}
	f := finding{ID: "peer-not-attached", Severity: note, Key: state.Key.String(), PIDs: []int{p.pid}}
	switch {
	case x.tells(p.pid), x.has("held-open") && state.Segment.Creator.PID == p.pid:
		return
	case state.Segment.Exists:
		f.Text = fmt.Sprintf("%v is not attached to the segment of this key, which has the id %d", p, state.Segment.ID)
	default:
		f.Text = fmt.Sprintf("%v has no segment of this key", p)
	}
	if len(others) == 0 {
		f.Text += ", nor to any other of Qt's. If it is to be, look at what its attach() or create() returned."
	} else {
		f.Text += ", but is attached to " + strings.Join(others, ", ") + "."
	}
	x.add(f)
}

// tells tells whether a problem was found that names a process.
func (x *examination) tells(pid int) bool {
	return slices.ContainsFunc(x.findings, func(f *finding) bool { return f.Severity == problem && slices.Contains(f.PIDs, pid) })
}
