package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// putOptions are the flags of put.
type putOptions struct {
	source
	offset  size
	clear   bool
	timeout span

	requireLive bool
}

const putLong = `put writes into a segment that exists. DATA without --offset is a new text: a NUL
ends it, where there is room, so that Qt programs do not read the rest of a longer
one before. --offset, --file and --hex write their bytes and no others. With --clear
all bytes behind become zero.

It writes under the lock, or at once where there is none, as with most native keys.
With --as image the data is a PNG, and DATA the name of its file: it is written as a
QImage in a QDataStream, as operator<< does, or with --as image:640x480:RGB32 as the raw
frame that qtshm get --as image reads, which must have the size of the PNG.

With --format the data is a JSON object with a value for each field of a C++ struct, of
which all bytes are written, or with --as datastream for each value of a QDataStream
message: what qtshm get prints with the same flags.

Data that does not fit behind --offset is refused, and nothing is written.`

func (a *app) putCmd() *cobra.Command {
	o := putOptions{offset: -1}
	c := &cobra.Command{
		Use:        "put KEY [DATA]",
		Short:      "write into a segment",
		SuggestFor: []string{"write", "set"},
		Long:       putLong,
		Example: `  qtshm put Config 'volume=5'           # also over volume=100
  qtshm put Config --file config.bin --clear
  qtshm put Frame --offset 16 --file part.bin
  printf '\1\0' | qtshm put Flags --file -
  qtshm put Flags --hex '01 00'
  qtshm put Photo --as image photo.png
  qtshm put Reading --format 'u32 magic; f64 temp' '{"magic":1,"temp":2.5}'
  qtshm put Oven --as datastream:5.15 --format 'QString name; qint32 n' '{"name":"x","n":3}'`,
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, args []string) error { return a.put(c, args, o) },
	}
	o.addFlags(c)
	c.Flags().Var(&o.offset, "offset", "begin so many bytes after the start (default 0)")
	c.Flags().BoolVar(&o.clear, "clear", false, "make all bytes behind the data zero")
	addRequireLive(c, &o.requireLive)
	c.Flags().Var(&o.timeout, "timeout", "wait for the lock no longer than this; 0 does not wait")
	return c
}

func (a *app) put(c *cobra.Command, args []string, o putOptions) error {
	key, err := qtbridge.ParseKey(args[0])
	if err != nil {
		return err
	}
	if err := o.check(c, args); err != nil {
		return err
	}
	ctx := c.Context()
	total, err := sizeOf(ctx, key)
	if err != nil {
		return err
	}
	offset := max(0, int64(o.offset))
	if offset > total {
		return usagef("--offset %d is past the end: the segment has %d bytes; nothing was written", offset, total)
	}
	data, err := o.read(ctx, a, c, args, total-offset)
	if errors.Is(err, errTooMuch) {
		return usagef("the data is too long: %s; nothing was written", roomText(total, offset))
	}
	if err != nil {
		return err
	}
	tail := o.tail(c, total-offset-int64(len(data)))
	return (&writing{a, key, data, tail, offset, o}).run(ctx)
}

// tail is what is written behind the data, where there is room for so many bytes: the
// NUL of a text that is the whole content.
func (o *putOptions) tail(c *cobra.Command, room int64) []byte {
	nul := nulOf(o.encoding.Encoding)
	if o.as.format != "" || o.format.isGiven() || c.Flags().Changed("file") || c.Flags().Changed("hex") || c.Flags().Changed("offset") || int64(len(nul)) > room {
		return nil
	}
	return nul
}

// sizeOf is the size of a segment that exists. It is not attached to, for the
// data may be long in coming.
func sizeOf(ctx context.Context, key qtbridge.Key) (int64, error) {
	state, err := qtbridge.Inspect(key)
	if err == nil && state.Segment.Exists {
		return state.Segment.Size, nil
	}
	s, err := qtbridge.Attach(ctx, key, qtbridge.ReadWrite) // says best what is wrong
	if err != nil {
		return 0, err
	}
	return int64(s.Size()), s.Close()
}

// putJSON is what put --json prints; docs/qtshm.md documents it.
type putJSON struct {
	Key    string `json:"key"`
	Size   int    `json:"size"`
	Offset int64  `json:"offset"`
	Length int    `json:"length"`
	Unused bool   `json:"unused,omitempty"` // nobody else is attached
}

// writing is one put.
type writing struct {
	app        *app
	key        qtbridge.Key
	data, tail []byte
	offset     int64
	options    putOptions
}

func (w *writing) run(ctx context.Context) (err error) {
	s, err := w.app.attachTo(ctx, "put", w.key, qtbridge.ReadWrite, w.options.requireLive)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	if err := w.locked(ctx, s); err != nil || !w.app.json {
		return err
	}
	return w.app.printJSON(putJSON{w.key.String(), s.Size(), w.offset, len(w.data), s.WasUnused()})
}

// locked writes under the lock, if there is one.
func (w *writing) locked(ctx context.Context, s *qtbridge.Segment) (err error) {
	if s.Lockable() {
		if err := lockWithin(ctx, s, w.options.timeout); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Unlock()) }()
	}
	if _, err := s.WriteAt(slices.Concat(w.data, w.tail), w.offset); err != nil || !w.options.clear {
		return err
	}
	return clearFrom(s, w.offset+int64(len(w.data)))
}

// clearFrom makes all bytes from offset on zero.
func clearFrom(s *qtbridge.Segment, offset int64) error {
	zeros := make([]byte, chunkSize)
	for rest := int64(s.Size()) - offset; rest > 0; {
		n, err := s.WriteAt(zeros[:min(rest, chunkSize)], offset)
		if err != nil {
			return err
		}
		offset, rest = offset+int64(n), rest-int64(n)
	}
	return nil
}
