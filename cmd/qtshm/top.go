package main

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
	"qtinterop/qtbridge/layout"
)

const topKeys = `up, down   select a segment, as PgUp, PgDn, Home, End do
Enter      details, and all of the content; Esc goes back
v          the content as hex, text or numbers
s          sort by the next column     r  the other way round
/          filter by name or verdict   f  follow: pause and resume
d          remove an orphan            q  quit
?          this help`

const topLong = `top shows all that ls does, live, with a preview of the selected segment, in which
what has changed is highlighted. It disturbs nobody: it attaches only to copy what
has changed, and not to what nobody is attached to.

CHG/S is how often a segment changes, as the lock and the key file tell; >= is before
what is at least, as changes without the lock are seen from time to time only, and
- where nothing is measured. Of segments that are not selected only those are counted
that are made anew. Changes less than a millisecond apart can count as one.

With --format, which get describes, the details of a segment (Enter) have a curve of each
number of a struct at its start, as it has gone since the segment was selected.

`

func (a *app) topCmd() *cobra.Command {
	var interval time.Duration
	var format valueFormat
	c := &cobra.Command{
		Use:     "top",
		Short:   "a live view of all segments, with a preview of one",
		Long:    topLong + topKeys,
		Example: "  qtshm top\n  ssh -t host qtshm top\n  qtshm top --format 'u32 seq; f64 temp'",
		Args:    usageArgs(noArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if interval < 100*time.Millisecond {
				return usagef("--interval %v is too short; give 100ms or more", interval)
			}
			if err := format.resolve(c.Context(), &showing{}); err != nil {
				return err
			}
			return a.top(c.Context(), interval, format.layout)
		},
	}
	c.Flags().DurationVar(&interval, "interval", 500*time.Millisecond, "how often to look for segments")
	format.addFlag(c, "draw how the numbers of a C++ struct go, in the details: the `layout`, as 'u32 magic; f64 temp', or @FILE")
	return c
}

func (a *app) top(ctx context.Context, interval time.Duration, fields *layout.Layout) error {
	if a.json || !isTerminal(a.in) || !isTerminal(a.out) {
		return usagef("top needs a terminal, and has no JSON; use qtshm ls --json in scripts")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	debug.SetGCPercent(sparingGC)
	model := &topModel{ctx: ctx, interval: interval, names: users{}, system: new(sync.Mutex), rates: rates{}}
	program := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(a.in), tea.WithOutput(a.out), tea.WithoutSignalHandler(),
		tea.WithFPS(int(time.Second/previewPace)))
	model.preview.curves.layout = fields
	model.preview.send = func(m previewMsg) { program.Send(m) }
	_, err := program.Run()
	model.preview.stop()
	model.rates.stop()
	if err == nil {
		err = model.err
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, tea.ErrProgramKilled) {
		return cause
	}
	return err
}

// sparingGC has the collector run a quarter as often: what is kept is little, and a look
// makes much of it anew.
const sparingGC = 400

// listMsg is what a look found.
type listMsg struct {
	entries []qtbridge.Entry
	quiet   bool // nothing has moved since the look before, which still holds
	err     error
	time    time.Time
}

// recoverMsg is what became of the removal of an orphan.
type recoverMsg struct {
	report qtbridge.Report
	err    error
}

// tickMsg says that it is time to look.
type tickMsg struct{}

const (
	// looksApart is how many times as long as a look it is to the next at least, and
	// calmLooksApart where the system tells of nothing new.
	looksApart     = 50
	calmLooksApart = 1000
	// longestCalm is after which time to look at what the system does not tell of.
	longestCalm = 5 * time.Second
)

// look looks at everything, if there is a reason to, and looks again where a segment is
// missing that was there: it may be being made anew. It takes turns with removals, which
// may change TMPDIR for a while.
func (m *topModel) look() tea.Cmd {
	there := m.selected
	if !m.chosen.State.Segment.Exists {
		there = ""
	}
	return func() tea.Msg {
		m.system.Lock()
		defer m.system.Unlock()
		start := time.Now()
		since := start.Sub(m.looked)
		if since < looksApart*m.cost || since < max(longestCalm, calmLooksApart*m.cost) && m.calm.isCalm() {
			return listMsg{quiet: true, time: start}
		}
		entries, err := qtbridge.List()
		m.looked, m.cost = start, time.Since(start)
		if err == nil && there != "" && !slices.ContainsFunc(entries, func(e qtbridge.Entry) bool { return identity(&e) == there }) {
			entries, err = qtbridge.List()
		}
		return listMsg{entries: entries, err: err, time: start}
	}
}

func (m *topModel) tick() tea.Cmd {
	return tea.Tick(m.interval, func(time.Time) tea.Msg { return tickMsg{} })
}

// remove removes an orphan, in a goroutine of its own.
func (m *topModel) remove(e qtbridge.Entry) tea.Cmd {
	return func() tea.Msg {
		m.system.Lock()
		defer m.system.Unlock()
		m.looked = time.Time{}
		report, err := recoverEntry(m.ctx, &e)
		return recoverMsg{report, err}
	}
}
