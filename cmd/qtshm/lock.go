package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// lockOptions are the flags of lock.
type lockOptions struct {
	timeout  span
	noWait   bool
	conflict uint8 // the status if the lock is not obtained
}

const lockLong = `lock attaches to the segment, takes its lock, runs CMD, and gives the lock back,
as flock(1) does for a file. Its exit status is that of CMD, 128 + n if signal n
ended CMD, 126 if CMD cannot be run and 127 if there is none; if the lock is not
obtained, 6 or what -E says. CMD itself does not have the lock, so it must not take
it: qtshm get --no-lock reads without.
`

func (a *app) lockCmd() *cobra.Command {
	var o lockOptions
	c := &cobra.Command{
		Use:   "lock KEY -- CMD [ARG]...",
		Short: "run a command while holding the lock of a segment",
		Long: lockLong + perSystem("Signals are passed to CMD.",
			"Ctrl-C reaches CMD by itself. A lock stays taken if qtshm is killed while it has it."),
		Example: `  qtshm lock Config -- ./backup.sh
  qtshm lock Config --timeout 2s -- sh -c 'qtshm get Config --no-lock > config.bin'
  qtshm lock Config -n -E 0 -- ./backup.sh    # not now is no failure`,
		Args: usageArgs(keyAndCommand),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return usagef("there is no command; usage: %s", c.UseLine())
			}
			if o.noWait && o.timeout.set {
				return usagef("--nonblock and --timeout contradict each other; give one of them")
			}
			if o.noWait {
				o.timeout = span{0, true}
			}
			return a.lock(c.Context(), args[0], o, args[1:])
		},
	}
	c.Flags().Var(&o.timeout, "timeout", "wait for the lock no longer than this; 0 does not wait")
	c.Flags().BoolVarP(&o.noWait, "nonblock", "n", false, "do not wait for the lock")
	c.Flags().Uint8VarP(&o.conflict, "conflict-exit-code", "E", exitLocked, "exit `status` if the lock is not obtained")
	return c
}

func (a *app) lock(ctx context.Context, name string, o lockOptions, command []string) (err error) {
	key, err := qtbridge.ParseKey(name)
	if err != nil {
		return err
	}
	path, err := findCommand(command[0])
	if err != nil {
		return err
	}
	s, err := qtbridge.Attach(ctx, key, qtbridge.ReadOnly)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	if !s.Lockable() {
		return usagef("lock %q: the segment has no lock: with a native key programs have one since Qt 6.6, and none such has made it; run the command without", key)
	}
	err = lockWithin(ctx, s, o.timeout)
	if statusOf(err) == exitLocked {
		return conflict{int(o.conflict), err}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Unlock()) }()
	return a.runHolding(ctx, path, command)
}

// runHolding runs a command while something is held for it, and returns its exit
// status as the error.
func (a *app) runHolding(ctx context.Context, path string, command []string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := a.newChild(path, command).run(ctx)
	if end, ok := errors.AsType[endError](err); ok {
		return childStatus(end.status)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", command[0], err)
	}
	return nil
}
