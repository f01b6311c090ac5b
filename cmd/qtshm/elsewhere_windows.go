package main

import (
	"fmt"
	"strings"

	"qtinterop/qtbridge"
)

// seekElsewhere looks for the name in the other one of the namespaces: that of
// this session, which is meant without a prefix, and that of all sessions.
func (x *examination) seekElsewhere(key qtbridge.Key, state *qtbridge.State) {
	if state.Segment.Exists || !key.IsNative() {
		return
	}
	other := qtbridge.NativeKey(otherNamespace(key.Name()))
	if found, err := qtbridge.Inspect(other); err != nil || !found.Segment.Exists {
		return
	}
	x.add(finding{ID: "other-namespace", Severity: problem, Key: key.String(), Command: "qtshm doctor " + quote(other.String()),
		Text: fmt.Sprintf("There is no segment of this name, but one of %s. A name that begins with Global\\ is for all sessions, any other one for the session of its program; use the same on both sides.", other)})
}

func otherNamespace(name string) string {
	if rest, global := strings.CutPrefix(name, `Global\`); global {
		return rest
	}
	return `Global\` + strings.TrimPrefix(name, `Local\`)
}
