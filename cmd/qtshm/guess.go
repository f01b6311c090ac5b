package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qtinterop/internal/guess"
	"qtinterop/qtbridge"
)

// guessOptions are the flags of guess.
type guessOptions struct {
	part
	duration span
	timeout  span
}

const guessLong = `guess says what the bytes of a segment look like, with what speaks for it and what does
not fit, the most likely first: text and its encoding, a QDataStream message and its
values, a PNG or QImage, a raw picture by the size of the segment, a C++ struct. Under
each is the command that shows the bytes so.

Nothing in shared memory says what is in it, so all of it is a guess: bytes may be
something else, as what a program's own operator<< writes, and two guesses may fit.

With --for it looks again and again for so long, and also tells of the numbers that count
or change meanwhile. It attaches read-only, as get does, and with --for for as long.`

func (a *app) guessCmd() *cobra.Command {
	o := guessOptions{part: wholePart}
	c := &cobra.Command{
		Use:        "guess KEY",
		Short:      "say what the bytes in a segment look like, with reasons",
		SuggestFor: []string{"file", "identify"},
		Long:       guessLong,
		Example: `  qtshm guess Config
  qtshm guess Frame --offset 64
  qtshm guess Telemetry --for 1s         # numbers that count
  qtshm guess Config --json | jq -r '.guesses[0].show | join(" ")'`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.guess(c.Context(), args[0], o) },
	}
	o.addFlags(c, "look at", "to the end, and to 64 MiB")
	c.Flags().Var(&o.duration, "for", "look again and again for this time")
	c.Flags().Var(&o.timeout, "timeout", "wait for the lock no longer than this; 0 does not wait")
	return c
}

func (a *app) guess(ctx context.Context, name string, o guessOptions) (err error) {
	key, err := qtbridge.ParseKey(name)
	if err != nil {
		return err
	}
	s, err := a.attachTo(ctx, "guess", key, qtbridge.ReadOnly, false)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	r := reading{app: a, options: getOptions{timeout: o.timeout}, segment: s}
	if r.offset, r.length, err = o.within(int64(s.Size())); err != nil {
		return err
	}
	r.length = min(r.length, copyLimit)
	looks, err := r.looks(ctx, o.duration.d)
	if err != nil {
		return err
	}
	last := looks[len(looks)-1]
	found := append(guess.Changes(looks), guess.Look(last)...)
	guess.Sort(found)
	g := guessing{a, key, r.offset, found}
	if a.json {
		return a.printJSON(g.json(s.Size(), last, len(looks)))
	}
	return g.print(last)
}

// looksPerGuess are how often guess --for looks.
const looksPerGuess = 20

// looks are what there is, one or more times within d.
func (r *reading) looks(ctx context.Context, d time.Duration) ([][]byte, error) {
	var looks [][]byte
	count := 1
	if d > 0 {
		count = looksPerGuess
	}
	if r.length > chunkSize {
		count = min(count, 3) // each is a copy
	}
	for i := range count {
		if i > 0 {
			wait(ctx, d/time.Duration(count-1))
		}
		data, err := r.copy(ctx)
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		looks = append(looks, data)
	}
	return looks, nil
}

// guessing is what guess has found.
type guessing struct {
	app    *app
	key    qtbridge.Key
	offset int64
	found  []guess.Finding
}

func (g *guessing) print(data []byte) error {
	var text strings.Builder
	used := guess.Used(data)
	switch {
	case used == 0:
		fmt.Fprintf(&text, "%s: all of %d bytes are zero\n", printable(g.key.String()), len(data))
	case used == len(data):
		fmt.Fprintf(&text, "%s: %d bytes\n", printable(g.key.String()), used)
	default:
		fmt.Fprintf(&text, "%s: %d bytes, and zeros up to %d\n", printable(g.key.String()), used, len(data))
	}
	if used > 0 && len(g.found) == 0 {
		text.WriteString("They look like nothing that is known here; qtshm get shows them.\n")
	}
	for i := range g.found {
		f := &g.found[i]
		fmt.Fprintf(&text, "\n%s: %s\n", f.Chance(), f.What)
		for _, reason := range f.Reasons {
			fmt.Fprintf(&text, "  + %s\n", reason)
		}
		for _, doubt := range f.Doubts {
			fmt.Fprintf(&text, "  - %s\n", doubt)
		}
		if f.Show != nil {
			fmt.Fprintf(&text, "  %s\n", g.command(f))
		}
	}
	return g.app.printf("%s", text.String())
}

// show are the flags of get that show a Finding, of the part that was looked at.
func (g *guessing) show(f *guess.Finding) []string {
	if offset := g.offset + int64(f.Offset); offset > 0 && f.Show != nil {
		return append([]string{"--offset", fmt.Sprint(offset)}, f.Show...)
	}
	return f.Show
}

func (g *guessing) command(f *guess.Finding) string {
	words := []string{"qtshm", "get", quote(g.key.String())}
	for _, flag := range g.show(f) {
		words = append(words, quote(flag))
	}
	return strings.Join(words, " ")
}

// guessJSON is what guess --json prints; docs/qtshm.md documents it.
type guessJSON struct {
	Key     string        `json:"key"`
	Size    int           `json:"size"`
	Offset  int64         `json:"offset"`
	Length  int           `json:"length"`
	Used    int           `json:"used"` // up to the last byte that is not zero
	Looks   int           `json:"looks"`
	Guesses []findingJSON `json:"guesses"`
}

type findingJSON struct {
	What    string   `json:"what"`
	Chance  string   `json:"chance"`
	Reasons []string `json:"reasons"`
	Doubts  []string `json:"doubts"`
	Show    []string `json:"show"` // flags of get
}

func (g *guessing) json(size int, data []byte, looks int) guessJSON {
	shown := guessJSON{g.key.String(), size, g.offset, len(data), guess.Used(data), looks, []findingJSON{}}
	for i := range g.found {
		f := &g.found[i]
		shown.Guesses = append(shown.Guesses, findingJSON{f.What, slugOf(f.Chance()), notNil(f.Reasons), notNil(f.Doubts), notNil(g.show(f))})
	}
	return shown
}

// notNil is a list that JSON has as [] if it is empty.
func notNil(list []string) []string { return append([]string{}, list...) }
