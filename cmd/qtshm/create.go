package main

import (
	"context"
	"math"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

func (a *app) createCmd() *cobra.Command {
	bytes := size(-1)
	var duration span
	c := &cobra.Command{
		Use:   "create KEY --size N",
		Short: "make an empty segment, and hold it",
		Long: `create makes a segment of N bytes, all zero, and holds it until a signal or the
end of --for. Then it detaches; the segment goes when nobody else is attached.` +
			perSystem("", "\nN is rounded up to whole pages, of 4 KiB."),
		Example: `  qtshm create Frame --size 64K           # until Ctrl-C
  qtshm create native:shm.key --size 1MiB --for 30s`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.create(c.Context(), args[0], bytes, duration) },
	}
	c.Flags().Var(&bytes, "size", "size of the segment, such as 65536, 64K or 1MiB")
	c.Flags().Var(&duration, "for", "end after this time")
	return c
}

// createJSON is what create --json prints once the segment exists;
// docs/qtshm.md documents it.
type createJSON struct {
	Key  string `json:"key"`
	Size int    `json:"size"`
}

func (a *app) create(ctx context.Context, name string, bytes size, duration span) (err error) {
	key, err := qtbridge.ParseKey(name)
	if err != nil {
		return err
	}
	switch {
	case bytes < 0:
		return usagef("--size is missing; give the size of the segment, such as --size 64K")
	case bytes > math.MaxInt:
		return usagef("--size %d is more than this machine can address", bytes)
	}
	within, cancel := limited(ctx, duration)
	defer cancel()
	s, err := qtbridge.Create(within, key, int(bytes), qtbridge.ReadWrite)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	if a.json {
		if err := a.printJSON(createJSON{key.String(), s.Size()}); err != nil {
			return err
		}
	}
	a.hint("%q has %s; Ctrl-C ends it", key, sizeText(int64(s.Size())))
	return hold(ctx, duration)
}
