package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// addRequireLive adds the flag that makes a failure of a segment that nobody uses.
func addRequireLive(c *cobra.Command, requireLive *bool) {
	c.Flags().BoolVar(requireLive, "require-live", false, "fail with status 8 if nobody is attached, as to what a crash has left")
}

// attachTo attaches to a segment. That nobody else is attached to it is said on
// stderr, or with requireLive an error.
func (a *app) attachTo(ctx context.Context, op string, key qtbridge.Key, mode qtbridge.Mode, requireLive bool) (*qtbridge.Segment, error) {
	if requireLive { // Attach alone does not tell with all systems
		if state, err := qtbridge.Inspect(key); err == nil && state.Segment.Exists && state.Segment.Attached == 0 {
			return nil, refuseUnused(op, &state)
		}
	}
	s, err := qtbridge.Attach(ctx, key, mode)
	if err != nil || !s.WasUnused() {
		return s, err
	}
	state, _ := qtbridge.Inspect(key)
	if requireLive {
		_ = s.Close()
		return nil, refuseUnused(op, &state)
	}
	if !a.json {
		fmt.Fprintf(a.err, "qtshm: %s %q: %s; it stays in being\n", op, key, unusedText(&state.Segment))
	}
	return s, nil
}

func refuseUnused(op string, s *qtbridge.State) error {
	return refusedf(exitUnused, "%s %q: %s; start the Qt program, or leave --require-live out", op, s.Key, unusedText(&s.Segment))
}

// unusedText says who has left a segment that nobody is attached to.
func unusedText(s *qtbridge.SegmentState) string {
	if s.Creator.PID == 0 {
		return "nobody is attached to the segment"
	}
	return "nobody is attached to the segment; its creator was " + processText(s.Creator)
}
