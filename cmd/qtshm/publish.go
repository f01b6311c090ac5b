package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// publishOptions are the flags of publish.
type publishOptions struct {
	source
	lines    bool
	size     size
	duration span
}

var publishLong = `publish makes a segment of exactly the size of the data, writes it, and holds it
until a signal or the end of --for; then the segment goes. It does what a Qt
program does by detach(), create(), lock(), memcpy() and unlock().` +
	perSystem("", "\nZeros up to the end of the page follow the data.") + `

With --lines each line of stdin, without its end, is a message that replaces the
one before; the end of stdin ends it. With --size there is one segment of that
size for all messages, with zeros after each. Without it a message has up to 1 GiB.
A line has up to 64 MiB.

With --as image the data is a PNG, and DATA the name of its file; it becomes what it
does with put: a QImage in a QDataStream, or a raw frame.

With --format the data is JSON, with --lines an object a line, and becomes a C++ struct or
a QDataStream message, as with put.

It waits for readers that are attached to the message before, and for the lock.
With --json it says so on stdout when a message can be read.`

func (a *app) publishCmd() *cobra.Command {
	o := publishOptions{size: -1}
	c := &cobra.Command{
		Use:   "publish KEY [DATA]",
		Short: "make a segment with data in it, and hold it",
		Long:  publishLong,
		Example: `  qtshm publish native:RkWebViewModelSM id-4711     # until Ctrl-C
  qtshm publish Config --file config.bin --for 10s
  tail -f ids.txt | qtshm publish Ids --lines --encoding utf-16le
  qtshm publish Board 'hello' --size 4K
  qtshm publish Photo --as image photo.png
  qtshm publish Oven --as datastream:5.15 --format 'QString name; qint32 n' '{"name":"x","n":3}'`,
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, args []string) error { return a.publish(c, args, o) },
	}
	o.addFlags(c)
	c.Flags().BoolVar(&o.lines, "lines", false, "publish each line of stdin, until its end")
	c.Flags().Var(&o.size, "size", "keep one segment of so many bytes for all messages")
	c.Flags().Var(&o.duration, "for", "end after this time")
	return c
}

func (a *app) publish(c *cobra.Command, args []string, o publishOptions) (err error) {
	key, err := qtbridge.ParseKey(args[0])
	if err != nil {
		return err
	}
	if err := o.check(c, args, "lines"); err != nil {
		return err
	}
	if o.lines && o.as.format != "" {
		return usagef("--lines and --as %s contradict each other; give one of them", o.as.format)
	}
	if o.size == 0 {
		return usagef("--size 0: a segment has at least 1 byte")
	}
	p, err := qtbridge.NewPublisher(key, qtbridge.PublisherOptions{
		InPlace: int(max(0, o.size)), Encoding: o.encoding.Encoding,
		Notice: func(err error) { fmt.Fprintln(a.err, "qtshm: "+sentence(err)) },
	})
	if err != nil {
		return err
	}
	defer closing(p, &err)
	publishing := publishing{app: a, options: o, publisher: p}
	if o.lines {
		return publishing.lines(c.Context())
	}
	data, err := o.read(c.Context(), a, c, args, publishing.limit())
	if errors.Is(err, errTooMuch) {
		return publishing.tooLong()
	}
	if err != nil {
		return err
	}
	return publishing.once(c.Context(), data)
}

// publishing is one publish.
type publishing struct {
	app       *app
	options   publishOptions
	publisher *qtbridge.Publisher
	count     int
}

// maxMessage is how long a message can be that has no --size, so that what never ends is not
// read for ever.
const maxMessage = 1 << 30

// limit is how long a message can be.
func (p *publishing) limit() int64 {
	if p.options.size > 0 {
		return int64(p.options.size)
	}
	return maxMessage
}

func (p *publishing) tooLong() error {
	if p.options.size < 0 {
		return usagef("the data has more than %s; give a --size to publish more", sizeText(maxMessage))
	}
	return usagef("the data is longer than --size %d; give a larger --size", p.options.size)
}

func (p *publishing) once(ctx context.Context, data []byte) error {
	if len(data) == 0 && p.options.size < 0 {
		return usagef("there is no data, and a segment has at least 1 byte; give data, or a --size")
	}
	within, cancel := limited(ctx, p.options.duration)
	defer cancel()
	if err := p.message(within, data); err != nil {
		return err
	}
	p.app.hint("published %s as %q; Ctrl-C ends it", sizeText(int64(len(data))), p.publisher.Key())
	return hold(ctx, p.options.duration)
}

// lines publishes stdin line by line, until its end or that of --for.
func (p *publishing) lines(ctx context.Context) error {
	within, cancel := limited(ctx, p.options.duration)
	defer cancel()
	in := bufio.NewReaderSize(patientReader{within, p.app.in}, 64<<10)
	var refused error // the last line that there was no room for
	for n := 1; ; n++ {
		line, err := readLine(in)
		if within.Err() != nil && ctx.Err() == nil {
			return told(refused) // the end of --for
		}
		if errors.Is(err, errTooMuch) {
			return usagef("line %d has more than %s, and is no message", n, sizeText(maxLine))
		}
		if err != nil && err != io.EOF {
			return err
		}
		if line == "" {
			return told(refused)
		}
		err = p.line(within, strings.TrimSuffix(line, "\n"))
		switch {
		case errors.Is(err, qtbridge.ErrSize), errors.Is(err, qtbridge.ErrResources):
			refused = err // the line before stays published
			p.app.report(fmt.Errorf("line %d is left out: %w", n, err))
		case err != nil:
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
}

// maxLine is how many bytes a line of stdin may have.
const maxLine = copyLimit

// readLine reads a line with its end, if it has one.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxLine {
			return "", errTooMuch
		}
		if err != bufio.ErrBufferFull {
			return string(line), err
		}
	}
}

// told is the exit status of an error that was reported before.
func told(err error) error {
	if err == nil {
		return nil
	}
	return childStatus(statusOf(err))
}

func (p *publishing) line(ctx context.Context, text string) error {
	data, err := p.options.bytesOf(text)
	switch {
	case err != nil:
		return err
	case len(data) == 0 && p.options.size < 0:
		return usagef("it is empty, and a segment has at least 1 byte; leave it out, or give a --size")
	case int64(len(data)) > p.limit():
		return p.tooLong()
	}
	return p.message(ctx, data)
}

// publishJSON is what publish --json prints of each message; docs/qtshm.md
// documents it.
type publishJSON struct {
	Time time.Time `json:"time"`
	Key  string    `json:"key"`
	Seq  int       `json:"seq"`
	Size int       `json:"size"`
}

func (p *publishing) message(ctx context.Context, data []byte) error {
	if err := p.publisher.Publish(ctx, data); err != nil {
		return err
	}
	p.count++
	if !p.app.json {
		return nil
	}
	return p.app.printJSON(publishJSON{time.Now(), p.publisher.Key().String(), p.count, len(data)})
}
