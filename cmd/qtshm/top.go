package main

import (
	"context"
	"errors"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

const topKeys = `up, down  select a segment          /  filter by name or verdict
s         sort by the next column    f  follow: pause and resume
d         remove an orphan           q  quit
?         this help`

func (a *app) topCmd() *cobra.Command {
	var interval time.Duration
	c := &cobra.Command{
		Use:     "top",
		Short:   "a live view of all segments, with a preview of one",
		Long:    "top shows all that ls does, live, with a preview of the selected segment and how\noften it changes. It disturbs nobody: it attaches only to copy what has changed.\n\n" + topKeys,
		Example: "  qtshm top\n  ssh -t host qtshm top",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if interval < 100*time.Millisecond {
				return usagef("--interval %v is too short; give 100ms or more", interval)
			}
			return a.top(c.Context(), interval)
		},
	}
	c.Flags().DurationVar(&interval, "interval", 500*time.Millisecond, "how often to look for segments")
	return c
}

func (a *app) top(ctx context.Context, interval time.Duration) error {
	if a.json || !isTerminal(a.in) || !isTerminal(a.out) {
		return usagef("top needs a terminal, and has no JSON; use qtshm ls --json in scripts")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	model := &topModel{ctx: ctx, interval: interval, names: users{}, system: new(sync.Mutex), rates: rates{}}
	program := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(a.in), tea.WithOutput(a.out), tea.WithoutSignalHandler())
	model.preview.send = func(m previewMsg) { program.Send(m) }
	_, err := program.Run()
	model.preview.stop()
	if err == nil {
		err = model.err
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, tea.ErrProgramKilled) {
		return cause
	}
	return err
}

// listMsg is what a look found.
type listMsg struct {
	entries []qtbridge.Entry
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

// look looks at everything, in a goroutine of its own. It takes turns with
// removals, which may change TMPDIR for a while.
func (m *topModel) look() tea.Msg {
	m.system.Lock()
	defer m.system.Unlock()
	entries, err := qtbridge.List()
	return listMsg{entries, err, time.Now()}
}

func (m *topModel) tick() tea.Cmd {
	return tea.Tick(m.interval, func(time.Time) tea.Msg { return tickMsg{} })
}

// remove removes an orphan, in a goroutine of its own.
func (m *topModel) remove(e qtbridge.Entry) tea.Cmd {
	return func() tea.Msg {
		m.system.Lock()
		defer m.system.Unlock()
		report, err := recoverEntry(m.ctx, &e)
		return recoverMsg{report, err}
	}
}
