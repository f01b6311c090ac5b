package main

import (
	"fmt"
	"os"
	"path/filepath"

	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// compare compares this program with the peer. The zero Key stands for any.
func (x *examination) compare(key qtbridge.Key) {
	p := x.peer
	if !p.readable {
		x.add(finding{ID: "peer-hidden", Severity: note, PIDs: []int{p.pid},
			Command: fmt.Sprintf("sudo qtshm doctor %s --peer %d", quote(key.String()), p.pid),
			Text:    fmt.Sprintf("%v is another user's: its TMPDIR, working directory and namespaces cannot be seen. Run doctor as root.", p)})
	}
	if p.isApart("ipc") {
		x.addIPCNamespace(keyText(key), []int{p.pid})
	}
	if p.isApart("pid") {
		x.add(finding{ID: "pid-namespace", Severity: note, Key: keyText(key), PIDs: []int{p.pid},
			Command: fmt.Sprintf("nsenter --target %d --pid --mount qtshm doctor %s", p.pid, quote(key.String())),
			Text:    fmt.Sprintf("%v is in another pid namespace, as in a container. The programs can meet, but neither can tell whether the other one still runs, so what a crash leaves is not recognised.", p)})
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
		x.addOtherUser(key, p.uid, os.Geteuid(), "this program")
	}
}
