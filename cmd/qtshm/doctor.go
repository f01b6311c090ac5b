package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// doctorOptions is what the command line of doctor says.
type doctorOptions struct {
	peer int
	fix  bool
}

func (a *app) doctorCmd() *cobra.Command {
	var o doctorOptions
	c := &cobra.Command{
		Use:   "doctor [KEY]",
		Short: "explain why two programs do not meet, and mend what is safe to mend",
		Long: `doctor explains in sentences why two programs do not meet at KEY, each with the
command that mends it. With --peer it compares this program with that process, and
the ids of their segments. Without KEY it examines all that ls shows. --fix ends no
process.

Run it as the program that does not see the other one would run: the same user,
TMPDIR and working directory. As root it sees more. On Windows run it in the same
session; there is no --peer there.

Exit status 0 if nothing is wrong or all was mended, 1 if something is left.`,
		Example: "  qtshm doctor Settings\n  qtshm doctor Settings --peer 1234\n  qtshm doctor --fix",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("peer") && o.peer <= 0 {
				return usagef("--peer %d is no process id; give a positive one", o.peer)
			}
			if o.peer > 0 && !hasKeyFiles {
				return usagef("--peer: on Windows there is nothing in which two programs of a session could differ; leave it out")
			}
			return a.doctor(c.Context(), args, o)
		},
	}
	c.Flags().IntVar(&o.peer, "peer", 0, "the process id of the other program")
	c.Flags().BoolVar(&o.fix, "fix", false, "do what is safe: remove what crashes left, free jammed locks")
	return c
}

func (a *app) doctor(ctx context.Context, args []string, o doctorOptions) error {
	x, err := newExamination(o.peer)
	if err != nil {
		return err
	}
	if len(args) == 1 {
		key, err := qtbridge.ParseKey(args[0])
		if err != nil {
			return err
		}
		if err := x.examineKey(key); err != nil {
			return err
		}
	} else {
		x.examineAll()
	}
	if o.fix {
		for _, f := range x.findings {
			f.mend(ctx)
		}
	}
	x.examineSystem() // after what was mended
	if len(x.findings) == 0 && x.peer == nil && len(args) == 1 && hasKeyFiles {
		a.hint("that is all that can be seen from here; --peer PID compares it with the other program")
	}
	return a.tell(x.findings)
}

// tell prints the findings. Its error, without a word, is that something is
// wrong.
func (a *app) tell(findings []*finding) error {
	wrong := false
	for _, f := range findings {
		wrong = wrong || f.Severity == problem && (len(f.Done) == 0 || f.Error != "")
		var err error
		if a.json {
			err = a.printJSON(f)
		} else {
			err = a.printf("%s\n", f.text())
		}
		if err != nil {
			return err
		}
	}
	if len(findings) == 0 && !a.json {
		if err := a.printf("nothing is wrong\n"); err != nil {
			return err
		}
	}
	if wrong {
		return childStatus(exitError)
	}
	return nil
}

// severity is how bad a finding is.
type severity string

const (
	problem severity = "problem"
	note    severity = "note" // good to know; nothing is wrong
)

// finding is something that doctor found; docs/qtshm.md documents its JSON and
// its ids, which never change.
type finding struct {
	ID       string   `json:"id"`
	Severity severity `json:"severity"`
	Key      string   `json:"key,omitempty"`
	Text     string   `json:"text"`
	Command  string   `json:"command,omitempty"`
	PIDs     []int    `json:"pids,omitempty"`
	Done     []string `json:"done,omitempty"`
	Error    string   `json:"error,omitempty"` // why --fix could not

	entry  *qtbridge.Entry // what Recover can mend
	isLost bool            // but for a segment that no key file leads to, and whose key is known
}

func (f *finding) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", f.Severity, f.ID)
	if f.Key != "" {
		b.WriteString(" (" + printable(f.Key) + ")")
	}
	b.WriteString(": " + printable(f.Text))
	if f.Command != "" {
		b.WriteString("\n  mend: " + printable(f.Command))
	}
	for _, done := range f.Done {
		b.WriteString("\n  done: " + done)
	}
	if f.Error != "" {
		b.WriteString("\n  not mended: " + printable(f.Error))
	}
	return b.String()
}

// mend does what is safe.
func (f *finding) mend(ctx context.Context) {
	if f.entry == nil {
		if f.Severity == problem {
			f.Error = "that is for you to do"
		}
		return
	}
	if f.isLost {
		if err := removeLost(&f.entry.State.Segment.SegmentFacts); err != nil {
			f.Error = sentence(err)
			return
		}
		f.Done = []string{"remove the orphaned segment"}
		return
	}
	report, err := recoverEntry(ctx, f.entry)
	for _, action := range report.Actions {
		f.Done = append(f.Done, action.String())
	}
	switch {
	case err != nil:
		f.Error = sentence(err)
	case len(f.Done) == 0 && f.Severity == problem:
		f.Error = "nothing was found that can be done"
	}
}

// recoverEntry is Recover for an entry, wherever its key files are. It keeps a POSIX
// segment that nobody has open, which can be as its programs want it.
func recoverEntry(ctx context.Context, e *qtbridge.Entry) (report qtbridge.Report, err error) {
	key, tmpdir, ok := reach(e)
	if !ok {
		return report, refusedf(exitError, "no key file leads to it")
	}
	withTMPDIR(tmpdir, func() { report, err = qtbridge.Recover(ctx, key, qtbridge.Policy{KeepContent: key.IsPosix()}) })
	return report, err
}
