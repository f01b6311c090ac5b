//go:build !windows

package main

import (
	"fmt"
	"path/filepath"

	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// seekElsewhere looks for the same name in other directories.
func (x *examination) seekElsewhere(key qtbridge.Key, state *qtbridge.State) {
	ours := state.Segment.File.Path
	if key.IsPosix() {
		return // there is one directory
	}
	for i := range x.entries {
		e := &x.entries[i]
		file := e.State.Segment.File.Path
		if file == "" || file == ours || e.Kind == qtbridge.KindPosix || procfs.IsSameFile(filepath.Dir(file), filepath.Dir(ours)) ||
			filepath.Base(file) != filepath.Base(ours) || !e.State.Segment.Exists {
			continue
		}
		x.addElsewhere(key, e, ours)
	}
}

func (x *examination) addElsewhere(key qtbridge.Key, e *qtbridge.Entry, ours string) {
	file := e.State.Segment.File.Path
	f := finding{Severity: problem, Key: key.String(), PIDs: e.Users}
	dir, oursDir := filepath.Dir(file), filepath.Dir(ours)
	switch pid, inside, private := procfs.CutRooted(file); {
	case private && x.peer != nil && x.peer.pid == pid:
		return // compare tells
	case private:
		p, err := newPeerProcess(pid)
		if err != nil {
			return
		}
		x.addPrivate(f, p, filepath.Dir(inside), key)
		return
	case key.IsNative():
		f.ID = "other-directory"
		f.Text = fmt.Sprintf("%s has a native key of this name in the directory %s, and this program means %s. A relative native key is taken from the working directory of each program.",
			whoHas(e), dir, oursDir)
		f.Command = "qtshm doctor " + quote(qtbridge.NativeKey(file).String())
	default:
		f.ID = "other-tmpdir"
		f.Text = fmt.Sprintf("%s has the segment of this key with its key file in %s, and this program looks for it in %s: their TMPDIR is not the same.",
			whoHas(e), dir, oursDir)
		f.Command = "TMPDIR=" + quote(dir) + " qtshm doctor " + quote(key.String())
	}
	x.add(f)
}
