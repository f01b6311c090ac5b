package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// putOptions are the flags of put.
type putOptions struct {
	source
	offset  size
	timeout span
}

func (a *app) putCmd() *cobra.Command {
	o := putOptions{offset: -1}
	c := &cobra.Command{
		Use:   "put KEY [DATA]",
		Short: "write into a segment",
		Long: `put writes into a segment that exists, under its lock. Where there is
none, as with most native keys, it writes at once. The bytes behind the data stay as they are.

Data that does not fit behind --offset is refused, and nothing is written.`,
		Example: `  qtshm put Config 'volume=11'
  qtshm put Frame --offset 16 --file part.bin
  printf '\1\0' | qtshm put Flags --file -
  qtshm put Flags --hex '01 00'`,
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, args []string) error { return a.put(c, args, o) },
	}
	o.addFlags(c)
	c.Flags().Var(&o.offset, "offset", "begin so many bytes after the start (default 0)")
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
		return usagef("the data is too long: the segment has %d bytes, %d of them from --offset %d on; nothing was written", total, total-offset, offset)
	}
	if err != nil {
		return err
	}
	return a.write(ctx, key, data, offset, o.timeout)
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
}

func (a *app) write(ctx context.Context, key qtbridge.Key, data []byte, offset int64, timeout span) (err error) {
	s, err := qtbridge.Attach(ctx, key, qtbridge.ReadWrite)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	locks := s.Lockable()
	if locks {
		if err := lockWithin(ctx, s, timeout); err != nil {
			return err
		}
	}
	_, err = s.WriteAt(data, offset)
	if locks {
		err = errors.Join(err, s.Unlock())
	}
	if err != nil || !a.json {
		return err
	}
	return a.printJSON(putJSON{key.String(), s.Size(), offset, len(data)})
}
