package main

import (
	"fmt"
	"time"

	"qtinterop/qtbridge"
)

// isLostOrphan tells whether an entry is a segment that a crash left behind, and that no
// key file leads to any more.
func isLostOrphan(e *qtbridge.Entry) bool {
	return e.State.Verdict == qtbridge.Orphaned && e.State.Segment.File.Path == "" && !e.Key.IsPosix()
}

// lostOrphans are those that no key is known for.
func (x *examination) lostOrphans() []string {
	var lost []string
	for i := range x.entries {
		if e := &x.entries[i]; isLostOrphan(e) && x.keyOfOrphan(e) == nil {
			lost = append(lost, fmt.Sprintf("segment %d of process %d", e.State.Segment.ID, e.State.Segment.Creator.PID))
		}
	}
	return lost
}

// keyOfOrphan is the entry whose lock was made with a segment without a key file, and
// used last by the same process: Qt's create() makes both.
func (x *examination) keyOfOrphan(orphan *qtbridge.Entry) *qtbridge.Entry {
	s := &orphan.State.Segment
	for i := range x.entries {
		e := &x.entries[i]
		l := &e.State.Lock
		// Of Made there are whole seconds, of a clock that may be a little behind.
		age := orphan.Made.Sub(l.File.Changed.Truncate(time.Second))
		if l.File.Exists && !e.State.Segment.Exists && l.Owner == s.Owner && age.Abs() <= time.Second &&
			(l.Last.PID == s.Creator.PID || l.Last.PID == s.Last.PID) {
			return e
		}
	}
	return nil
}

// seekOrphans looks for segments that crashes left behind, and that were of this key.
func (x *examination) seekOrphans(state *qtbridge.State) {
	for i := range x.entries {
		e := &x.entries[i]
		if !isLostOrphan(e) {
			continue
		}
		if of := x.keyOfOrphan(e); of != nil && of.State.Lock.File.Path == state.Lock.File.Path {
			x.judge(e, state.Key.String())
		}
	}
}

// describeOrphan is about a segment that nobody is attached to and whose creator is
// gone.
func (x *examination) describeOrphan(f *finding) {
	e := f.entry
	s := &e.State.Segment
	f.Text = fmt.Sprintf("The segment was left behind by a crash: nobody is attached, and its creator, process %d, is gone. Its content is what was last written", s.Creator.PID)
	if !isLostOrphan(e) {
		f.Text += ", and a create() of its key fails."
		return
	}
	f.Text += fmt.Sprintf(". It is segment %d, of %d bytes, and no key file was found that leads to it", s.ID, s.Size)
	of := x.keyOfOrphan(e)
	if of == nil {
		f.Text += ", so that it cannot be told whose key it was."
		return
	}
	f.Key, f.isLost = entryName(of), true
	f.Text += fmt.Sprintf(": it seems to have been that of %s, whose lock was made at the same time and used last by the same process.", f.Key)
}
