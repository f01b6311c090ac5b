package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// rmOptions are the flags of rm.
type rmOptions struct{ force, breakLock, assumeGone bool }

var rmLong = perSystem(`rm removes an orphan: a segment that nobody is attached to and whose creator is
gone, with its key file and its lock. It refuses, with status 7, while anybody is
attached or the creator runs, also with --force.

--force also removes what is left where there is no segment any more, and sets a
jammed lock free.

With a POSIX key nothing is known of creators, and any segment that nobody has open
is removed: Qt leaves all of them. Whether the holder of a lock has crashed can be
told only if nobody else has the lock open; if you know that it has, --break-lock
sets the lock free.

Of a creator in another pid namespace, as in another container, it cannot be told
whether it runs. If you know that it is gone, --assume-gone removes its segment,
unless somebody is attached, and with --force sets a lock free that it left.`,
	`A crash leaves no segment behind on Windows: it goes with its last handle, so rm
only sets locks free, with --force. Whether the holder of a lock has crashed can be
told only if nobody else has the lock open. If you know that it has, --break-lock
sets the lock free, if it stays held for a second.`)

func (a *app) rmCmd() *cobra.Command {
	var o rmOptions
	c := &cobra.Command{
		Use:        "rm KEY",
		Short:      "remove a segment that a crash has left behind",
		SuggestFor: []string{"remove", "delete"},
		Long:       rmLong,
		Example: `  qtshm rm Config
  qtshm rm --force native:/var/run/viewer/shm.key`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.rm(c.Context(), args[0], o) },
	}
	c.Flags().BoolVar(&o.force, "force", false, "also remove leftovers without a segment, and set a jammed lock free")
	c.Flags().BoolVar(&o.assumeGone, "assume-gone", false, "processes of another pid namespace are gone, as you know")
	c.Flags().BoolVar(&o.breakLock, "break-lock", false, perSystem("with a POSIX key, ", "")+"set a lock free whose holder has crashed, as you know")
	return c
}

// actionNames are the actions in JSON. They never change.
var actionNames = map[qtbridge.Action]string{
	qtbridge.RemoveSegment: "remove-segment",
	qtbridge.RemoveKeyFile: "remove-key-file",
	qtbridge.RemoveLock:    "remove-lock",
	qtbridge.ResetLock:     "reset-lock",
	qtbridge.MakeLock:      "make-lock",
	qtbridge.GiveLock:      "give-lock",
}

// rmJSON is what rm --json prints; docs/qtshm.md documents it.
type rmJSON struct {
	Key     string   `json:"key"`
	Before  string   `json:"before"`
	Actions []string `json:"actions"`
	After   string   `json:"after"`
}

func (a *app) rm(ctx context.Context, name string, o rmOptions) error {
	state, err := inspect(name)
	if err != nil {
		return err
	}
	if o.breakLock && hasKeyFiles && !state.Key.IsPosix() {
		return usagef("--break-lock is for Windows and POSIX keys; here it can be told that a holder has crashed, and --force sets its lock free")
	}
	if err := refuseToRemove(&state, o); err != nil {
		return err
	}
	report, err := qtbridge.Recover(ctx, state.Key, qtbridge.Policy{BreakLock: o.breakLock, AssumeGone: o.assumeGone})
	if printed := a.printRemoval(&report); err == nil {
		err = printed
	}
	// A segment that is there although one was removed is the next, of a writer.
	if err == nil && hasKeyFiles && report.After.Segment.Exists && !slices.Contains(report.Actions, qtbridge.RemoveSegment) {
		err = inUse(&report.After)
	}
	return err
}

// refuseToRemove is an error if rm is not to touch what there is.
func refuseToRemove(s *qtbridge.State, o rmOptions) error {
	owner := s.Lock.PrivateTo
	switch {
	case owner != nil && owner.Alive:
		return refusedf(exitInUse, "rm %q: it is a %s, which needs it while it is attached, and removes it itself", s.Key, privateLockText(owner))
	case s.Verdict == qtbridge.Namesake:
		return nil // Recover says whose it is
	case s.Verdict == qtbridge.Jammed && (o.force || o.breakLock), s.Verdict == qtbridge.Locked && o.breakLock:
		return nil
	case o.assumeGone && (s.Verdict == qtbridge.Unattended || isHeldByUnknown(s) && o.force):
		return nil
	case !hasKeyFiles && !s.Segment.Exists:
		return refusedf(exitNotFound, "rm %q: there is no segment, and Windows leaves nothing behind", s.Key)
	case s.Segment.Exists && (s.Segment.Attached > 0 || s.Segment.Creator.Alive && s.Verdict != qtbridge.Abandoned):
		return inUse(s)
	case s.Segment.Exists, len(s.Strays) > 0:
		return nil // Recover says why not, if it cannot
	case s.Verdict == qtbridge.Free:
		return refusedf(exitNotFound, "rm %q: there is no segment, and nothing else to remove", s.Key)
	case !o.force:
		return refusedf(exitNotFound, "rm %q: there is no segment, only %s; --force removes that", s.Key, leftovers(s))
	}
	return nil
}

// isHeldByUnknown tells whether it cannot be told whether who took the lock runs.
func isHeldByUnknown(s *qtbridge.State) bool {
	return s.Verdict == qtbridge.Locked && s.Lock.Last.PID == 0 && hasKeyFiles && !s.Key.IsPosix()
}

func leftovers(s *qtbridge.State) string {
	switch {
	case s.Verdict == qtbridge.Jammed:
		return "a jammed lock"
	case s.Lock.Exists:
		return "a lock"
	}
	return "a key file"
}

// inUse is the refusal to remove what somebody uses.
func inUse(s *qtbridge.State) error {
	remedy := "end the programs that use it"
	if s.Verdict == qtbridge.Jammed {
		remedy = "--force sets its jammed lock free; to remove the segment, " + remedy
	}
	if !hasKeyFiles {
		return refusedf(exitInUse, "rm %q: it has %d open handles; %s: Windows removes it with the last one", s.Key, s.Segment.Attached, remedy)
	}
	if s.Key.IsPosix() {
		return refusedf(exitInUse, "rm %q: somebody has it open; %s", s.Key, remedy)
	}
	if s.Segment.Attached == 0 && s.Segment.Creator.PID == 0 {
		return refusedf(exitInUse, "rm %q: nobody is attached, and its creator is in another pid namespace, so that it cannot be told whether it runs; if you know that it is gone, use --assume-gone", s.Key)
	}
	if s.Segment.Attached == 0 {
		return refusedf(exitInUse, "rm %q: nobody is attached, but its creator, process %s, runs; %s", s.Key, programText(s.Segment.Creator.PID), remedy)
	}
	return refusedf(exitInUse, "rm %q: %d attached (created by process %s, last used by process %s); %s",
		s.Key, s.Segment.Attached, programText(s.Segment.Creator.PID), programText(s.Segment.Last.PID), remedy)
}

func (a *app) printRemoval(r *qtbridge.Report) error {
	if a.json {
		shown := rmJSON{r.Before.Key.String(), slugOf(r.Before.Verdict.String()), []string{}, slugOf(r.After.Verdict.String())}
		for _, action := range r.Actions {
			shown.Actions = append(shown.Actions, actionNames[action])
		}
		return a.printJSON(shown)
	}
	for _, action := range r.Actions {
		if err := a.printf("%v: done\n", action); err != nil {
			return err
		}
	}
	return nil
}
