package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"qtinterop/qtbridge"
)

// seekOtherWorld looks for a segment of the same key in the other of System V IPC and
// POSIX shared memory, which Qt from 6.6 on can both use.
func (x *examination) seekOtherWorld(key qtbridge.Key, state *qtbridge.State) {
	for i := range x.entries {
		e := &x.entries[i]
		if !e.State.Segment.Exists || e.Key.IsPosix() == key.IsPosix() || !isNamesake(key, state, e) {
			continue
		}
		other, tmpdir, ok := reach(e)
		if !ok || tmpdir != "" {
			continue
		}
		f := finding{ID: "two-worlds", Severity: problem, Key: key.String(), PIDs: e.Users, Command: "qtshm doctor " + quote(other.String())}
		there := fmt.Sprintf("%s, %s", other, usersText(e.Users))
		if len(e.Users) == 0 {
			there = fmt.Sprintf("%s, which nobody is seen to be attached to", other)
		}
		if e.State.Verdict == qtbridge.Orphaned {
			f.Severity = note // nobody has it
		}
		if state.Segment.Exists {
			f.Text = fmt.Sprintf("There are two segments of this key, one of System V IPC and one of POSIX shared memory: that of this key, and that of %s.", there)
		} else {
			f.Text = fmt.Sprintf("There is no segment of this key, but one of the other kind of shared memory: %s.", there)
		}
		f.Text += " Programs of the one never meet those of the other: Qt takes System V IPC for setKey() and setNativeKey() with a text, and from 6.6 on POSIX for a QNativeIpcKey, unless told otherwise, or if it was built so."
		x.add(f)
	}
}

// isNamesake tells whether an entry of the other kind has the name of a key: that which Qt
// makes of it, or the same.
func isNamesake(key qtbridge.Key, state *qtbridge.State, e *qtbridge.Entry) bool {
	ours, theirs := filepath.Base(state.Segment.File.Path), filepath.Base(e.State.Segment.File.Path)
	return ours == theirs || strings.TrimPrefix(e.Key.Name(), "/") == strings.TrimPrefix(key.Name(), "/") && key.Name() != ""
}
