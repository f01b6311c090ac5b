package main

import (
	"fmt"
	"slices"
	"strings"

	"qtinterop/qtbridge"
)

// addNoSegment is about a key that nobody has a segment of.
func (x *examination) addNoSegment(key qtbridge.Key) {
	f := finding{ID: "no-segment", Severity: problem, Key: key.String(), Command: "qtshm ls", Text: "Nobody has a segment of this key."}
	if similar := x.similar(key); similar != nil {
		f.Text += fmt.Sprintf(" %s has one of %s: did you mean that?", whoHas(similar), entryName(similar))
		f.PIDs = similar.Users
		if known, tmpdir, ok := reach(similar); ok && tmpdir == "" {
			f.Command = "qtshm doctor " + quote(known.String())
		}
		x.add(f)
		return
	}
	f.Text += " Start the Qt program that creates it, or see with the command which keys there are."
	if lost := x.lostOrphans(); len(lost) > 0 {
		f.Text += fmt.Sprintf(" Without a key file there are segments that crashes left behind, of which it cannot be told whose they were: %s.", strings.Join(lost, ", "))
	}
	if x.peer == nil && hasKeyFiles {
		f.Text += " If a program runs that should have it, compare this one with that: --peer PID."
	}
	x.add(f)
}

// similar is an entry in use whose key differs in case, or by a letter.
func (x *examination) similar(key qtbridge.Key) *qtbridge.Entry {
	for i := range x.entries {
		e := &x.entries[i]
		if e.State.Segment.Exists && e.Key != key && isSimilar(key.Name(), similarName(e)) {
			return e
		}
	}
	return nil
}

// similarName is the name of an entry to compare with others; of native keys it is the
// whole path.
func similarName(e *qtbridge.Entry) string { return strings.TrimSuffix(e.Name, "…") }

// isSimilar tells whether two names differ in nothing but case, or by one letter that was
// left out, added, exchanged, or changed places with the next one.
func isSimilar(a, b string) bool {
	if a == "" || b == "" || a == b {
		return false
	}
	s, t := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	if len(s) > len(t) {
		s, t = t, s
	}
	from := 0
	for from < len(s) && s[from] == t[from] {
		from++
	}
	s, t = s[from:], t[from:]
	switch {
	case len(s) == len(t):
		return len(s) == 0 || slices.Equal(s[1:], t[1:]) && from+len(s) > 1 ||
			len(s) > 1 && s[0] == t[1] && s[1] == t[0] && slices.Equal(s[2:], t[2:])
	case len(s)+1 == len(t):
		return from+len(s) > 1 && slices.Equal(s, t[1:])
	}
	return false
}
