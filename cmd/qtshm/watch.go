package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
	"qtinterop/qtbridge/datastream"
	"qtinterop/qtbridge/layout"
)

// watchOptions are the flags of watch.
type watchOptions struct {
	count        uint
	part         part
	timeout      span
	as           showing
	encoding     textEncoding
	format       valueFormat
	graphics     graphics
	stay, fail   bool
	settle, poll span
	command      []string // behind --
	path         string   // of the command
}

const watchLong = `watch prints a line for each change of a segment, beginning with its present
content: when, what happened (created, changed, removed), how many bytes, and
their beginning. There need not be a segment yet, and it may go and come back.
With --as it prints the content of each instead, and with --format the fields of a
C++ struct, as get does; with --as image pictures, which in a file are one PNG after
another.

With -- CMD it runs CMD for each change, one after the other, with the bytes on
stdin and QTSHM_KEY, QTSHM_CAUSE and QTSHM_SEQ in the environment. A CMD that
fails is reported, and the watch goes on; with --fail it ends with the status of CMD.

--offset and --length choose a part: what changes elsewhere is passed over.
--count counts what is printed, or the runs of CMD.

The latest state wins: what changes again in the meantime is passed over, which
shows as a gap in the numbers. Watching does not disturb the programs; see --stay.`

func (a *app) watchCmd() *cobra.Command {
	o := watchOptions{part: wholePart}
	c := &cobra.Command{
		Use:        "watch KEY [-- CMD [ARG]...]",
		Short:      "print each change of a segment, or run a command for it",
		SuggestFor: []string{"follow", "tail"},
		Long:       watchLong,
		Example: `  qtshm watch native:RkWebViewModelSM
  qtshm watch Config --count 1 --timeout 10s --as raw > config.bin
  qtshm watch Ids --as text | while read -r id; do echo "got $id"; done
  qtshm watch Frame --offset 16 --length 4 --as hex
  qtshm watch Reading --format 'u32 magic; u32 seq; f64 temp; char[16] name'
  qtshm watch Camera --as image:640x480:RGB888
  qtshm watch Ready --count 1 --fail -- ./job.sh
  qtshm watch Config -- sh -c 'echo "$QTSHM_CAUSE"; sha256sum'`,
		Args: usageArgs(keyAndCommand),
		RunE: func(c *cobra.Command, args []string) error {
			o.command = args[1:]
			return a.watch(c.Context(), args[0], o)
		},
	}
	c.Flags().UintVar(&o.count, "count", 0, "end after so many changes that were printed, or runs of CMD")
	o.part.addFlags(c, "watch", "to the end, wherever that is")
	c.Flags().BoolVar(&o.fail, "fail", false, "end with the first CMD that fails, with its status")
	c.Flags().Var(&o.timeout, "timeout", "end after this time, with status 6 if there was no change, or fewer than --count")
	c.Flags().BoolVar(&o.stay, "stay", false, "stay attached: faster, but a program that creates its segment anew cannot do so meanwhile")
	c.Flags().Var(&o.settle, "settle", "how long a new segment may be all zero, and a segment gone, without being reported (default 50ms)")
	c.Flags().Var(&o.poll, "poll", "how often to look for changes that are made without the lock (default: 10ms to 3s, as it changes)")
	addShowing(c, &o.as, &o.encoding, "a line for each change")
	o.format.addFlag(c, formatUsage)
	addGraphics(c, &o.graphics)
	return c
}

// keyAndCommand is for KEY [-- CMD].
func keyAndCommand(c *cobra.Command, args []string) error {
	switch dash := c.ArgsLenAtDash(); {
	case len(args) == 0 || dash == 0:
		return errors.New("KEY is missing")
	case dash < 0 && len(args) > 1, dash > 1:
		return errors.New("there is more than one KEY; a command goes behind --")
	case dash == 1 && len(args) == 1:
		return errors.New("there is no command behind --")
	}
	return nil
}

func (a *app) watch(ctx context.Context, name string, o watchOptions) error {
	key, err := qtbridge.ParseKey(name)
	if err != nil {
		return err
	}
	if err := o.format.resolve(ctx, &o.as); err != nil {
		return err
	}
	if o.as.format, err = a.chosen(o.as.format); err != nil {
		return err
	}
	if o.fail && len(o.command) == 0 {
		return usagef("--fail is about a command, and there is none; give one behind --")
	}
	if len(o.command) > 0 {
		if o.as.format != "" || o.format.isGiven() {
			return usagef("--as, --format and --json are for what watch prints; with a command it prints nothing")
		}
		if o.path, err = findCommand(o.command[0]); err != nil {
			return err
		}
	}
	canvas, err := a.canvasFor(o.as.format, o.graphics)
	if err != nil {
		return err
	}
	return (&watching{app: a, key: key, options: o, canvas: canvas}).run(ctx)
}

// watching is one watch.
type watching struct {
	app     *app
	key     qtbridge.Key
	options watchOptions
	canvas  canvas
	seen    uint   // changes, of the part that is watched
	shown   uint   // of these those that were printed, or that CMD was run for
	last    []byte // the part as it was seen last
	size    int    // of the segment then
}

func (w *watching) run(ctx context.Context) error {
	if len(w.options.command) == 0 {
		var end func()
		ctx, end = untilClosed(ctx, w.app.out)
		defer end()
	}
	within, cancel := limited(ctx, w.options.timeout)
	defer cancel()
	o := qtbridge.WatchOptions{Stay: w.options.stay, Poll: w.options.poll.d, Settle: w.options.settle.d}
	w.tellOfUnused()
	for m, err := range qtbridge.Watch(within, w.key, o) {
		if err == nil {
			err = w.show(ctx, &m)
		} else if err = w.judge(err); err == nil {
			continue
		}
		if err != nil && ctx.Err() != nil {
			break
		}
		if err != nil || w.shown > 0 && w.shown == w.options.count {
			return err
		}
	}
	return w.ended(ctx)
}

// tellOfUnused says that what is there is not watched, if a crash has left it.
func (w *watching) tellOfUnused() {
	if state, err := qtbridge.Inspect(w.key); err == nil && state.Verdict == qtbridge.Orphaned && !w.app.json {
		fmt.Fprintf(w.app.err, "qtshm: watch %q: %s; it is not watched before somebody attaches, and qtshm get reads it\n", w.key, unusedText(&state.Segment))
	}
}

// judge reports an error of the watch, and returns those that end it.
func (w *watching) judge(err error) error {
	for _, final := range []error{qtbridge.ErrKey, qtbridge.ErrUnsupported, qtbridge.ErrUnavailable} {
		if errors.Is(err, final) {
			return err
		}
	}
	w.app.report(err)
	return nil
}

// ended is about a watch that a signal, a closed pipe or --timeout has ended.
func (w *watching) ended(ctx context.Context) error {
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), io.ErrClosedPipe):
		return io.ErrClosedPipe
	case ctx.Err() != nil:
		return ctx.Err()
	case w.options.count > 0:
		return refusedf(exitLocked, "watch %q: %d of %d changes came within %v", w.key, w.shown, w.options.count, w.options.timeout.d)
	case w.seen == 0:
		return refusedf(exitLocked, "watch %q: there was no segment within %v, or none that somebody was attached to", w.key, w.options.timeout.d)
	}
	return nil
}

// show prints a change, or runs the command for it, if it is one of the part that is
// watched.
func (w *watching) show(ctx context.Context, m *qtbridge.Message) error {
	w.size = len(m.Data)
	m.Data = w.options.part.of(m.Data)
	m.Data = m.Data[:w.options.as.frame.limit(w.options.format.limit(int64(len(m.Data))))]
	if m.Cause == qtbridge.Changed && bytes.Equal(m.Data, w.last) {
		return nil
	}
	w.seen, w.last = w.seen+1, m.Data
	if len(w.options.command) > 0 {
		w.shown++
		return w.runCommand(ctx, m)
	}
	if m.Cause == qtbridge.Removed && w.options.as.format != asJSON && (w.options.as.format != "" || w.options.format.isGiven()) {
		return nil // it has no content
	}
	err := w.print(patientWriter{ctx, w.app.out}, m)
	if isOtherContent(err) { // the next one may be what is asked for
		w.app.report(err)
		return nil
	}
	w.shown++
	return err
}

// isOtherContent tells whether err is that bytes are not what --as or --format says.
func isOtherContent(err error) bool {
	_, isNoStruct := errors.AsType[*layout.Error](err)
	_, isNoMessage := errors.AsType[*datastream.Error](err)
	return isNoStruct || isPictureError(err) || isNoMessage || errors.Is(err, qtbridge.ErrText)
}

func (w *watching) print(out io.Writer, m *qtbridge.Message) error {
	var values any
	if m.Cause != qtbridge.Removed {
		var err error
		if values, err = w.options.format.values(m.Data, w.app.note); err != nil {
			return err
		}
	}
	switch w.options.as.format {
	case asJSON:
		return w.writeJSON(out, m, values)
	case asImage:
		return w.canvas.showIn(out, m.Data, w.options.as.frame)
	case "":
		if values != nil {
			return writeJSON(out, values)
		}
		_, err := io.WriteString(out, w.line(m))
		return err
	}
	return writeAs(out, w.options.as.format, m.Data, w.options.part.start(), w.options.encoding.Encoding)
}

// watchJSON is a line of watch --json, with contentJSON; docs/qtshm.md documents it.
type watchJSON struct {
	Time   time.Time `json:"time"`
	Seq    uint64    `json:"seq"`
	Cause  string    `json:"cause"`
	Means  string    `json:"means"`
	Size   int       `json:"size"`
	Offset int64     `json:"offset,omitempty"` // of the part that is watched
}

func (w *watching) writeJSON(out io.Writer, m *qtbridge.Message, values any) error {
	var content contentJSON
	if m.Cause != qtbridge.Removed {
		content = contentJSON{bytes.NewReader(m.Data), textOf(m.Data, w.options.encoding.Encoding), values}
	}
	return content.writeTo(out, watchJSON{m.Time, m.Seq, m.Cause.String(), slugOf(m.Means.String()), w.size, w.options.part.start()})
}

// causeColours are for terminals: green, yellow, red.
var causeColours = map[qtbridge.Cause]string{
	qtbridge.Created: "\x1b[32m", qtbridge.Changed: "\x1b[33m", qtbridge.Removed: "\x1b[31m",
}

func (w *watching) line(m *qtbridge.Message) string {
	cause := fmt.Sprintf("%-7v", m.Cause)
	if hasColour(w.app.out) {
		cause = causeColours[m.Cause] + cause + "\x1b[0m"
	}
	start := m.Time.Format("15:04:05.000000") + "  " + cause
	if m.Cause == qtbridge.Removed {
		return start + "\n"
	}
	return fmt.Sprintf("%s  %7d bytes  %s\n", start, len(m.Data), preview(m.Data, w.options.encoding.Encoding))
}

// previewWidth is how many characters of the content a line shows.
const previewWidth = 40

// preview is the beginning of data: text in quotes, or hex digits. It has no
// control characters, which could do something to a terminal.
func preview(data []byte, e qtbridge.Encoding) string {
	text := textOf(data, e)
	if text == nil || *text == "" {
		return cut(fmt.Sprintf("% x", data[:min(len(data), previewWidth)]), previewWidth)
	}
	return strconv.Quote(cut(*text, previewWidth))
}

// cut is text with no more than width characters.
func cut(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width-1]) + "…"
}

func (w *watching) runCommand(ctx context.Context, m *qtbridge.Message) error {
	c := w.app.newChild(w.options.path, w.options.command)
	c.cmd.Env = append(c.cmd.Environ(), "QTSHM_KEY="+w.key.String(),
		"QTSHM_CAUSE="+m.Cause.String(), "QTSHM_SEQ="+strconv.FormatUint(m.Seq, 10))
	err := c.runWith(ctx, m.Data)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("watch %q: change %d: %s: %w", w.key, m.Seq, w.options.command[0], err)
	end, ended := errors.AsType[endError](err)
	if w.options.fail && !ended {
		return err
	}
	w.app.report(err)
	if w.options.fail {
		return childStatus(end.status)
	}
	return nil
}
