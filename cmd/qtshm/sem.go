package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// semOptions are the flags of sem, and what is behind --.
type semOptions struct {
	timeout, duration span
	create            int
	creates           bool
	path              string
	command           []string
}

var semLong = `sem works on the QSystemSemaphore of KEY, which is also what the lock of the
segment of KEY is made of.

  value     prints how much there is to take
  acquire   takes N (1), and waits until there is as much
  release   adds N (1)

` + perSystem(`The kernel undoes what a process has acquired or released when it ends, here as
in a Qt program. So acquire and release hold until a signal, the end of --for, or
that of CMD, whose exit status is theirs. What a release adds and somebody takes
meanwhile stays taken.

A semaphore that does not exist is an error, unless --create says with which
value to make it. It stays when sem ends.`, `acquire and release last until Ctrl-C, the end of --for, or that of CMD, whose exit
status is theirs. Windows undoes nothing: at its end sem gives back what it acquired,
unless it is killed, and what it released stays.

A semaphore that does not exist is an error, unless --create says with which value to
make it. It stays while another program has it.`)

func (a *app) semCmd() *cobra.Command {
	var o semOptions
	c := &cobra.Command{
		Use:   "sem KEY acquire|release|value [N] [-- CMD [ARG]...]",
		Short: "take from, add to or read a QSystemSemaphore",
		Long:  semLong,
		Example: `  qtshm sem Slots value
  qtshm sem Slots acquire --timeout 5s -- ./job.sh
  qtshm sem Ready release 3 --for 1s
  qtshm sem Slots acquire --create 4              # until Ctrl-C`,
		Args: usageArgs(semArgs),
		RunE: func(c *cobra.Command, args []string) error {
			o.creates = c.Flags().Changed("create")
			if dash := c.ArgsLenAtDash(); dash >= 0 {
				args, o.command = args[:dash], args[dash:]
			}
			return a.sem(c.Context(), args, o)
		},
	}
	c.Flags().Var(&o.timeout, "timeout", "wait for an acquire no longer than this; 0 does not wait")
	c.Flags().Var(&o.duration, "for", "end after this time")
	c.Flags().IntVar(&o.create, "create", 0, "if there is none, make it with this `value`")
	return c
}

// semArgs is for KEY acquire|release|value [N] [-- CMD].
func semArgs(c *cobra.Command, args []string) error {
	n := len(args)
	if dash := c.ArgsLenAtDash(); dash >= 0 {
		if dash == n {
			return errors.New("there is no command behind --")
		}
		n = dash
	}
	if n < 2 || n > 3 {
		return errors.New("give KEY, and acquire, release or value")
	}
	return nil
}

func (a *app) sem(ctx context.Context, args []string, o semOptions) error {
	key, err := qtbridge.ParseKey(args[0])
	if err != nil {
		return err
	}
	n := 1
	if len(args) == 3 {
		if n, err = strconv.Atoi(args[2]); err != nil {
			return usagef("%q is no count; give a number from 1 to %d", args[2], qtbridge.MaxCount)
		}
	}
	if len(o.command) > 0 {
		if o.path, err = findCommand(o.command[0]); err != nil {
			return err
		}
	}
	switch verb := args[1]; {
	case verb == "value" && (len(args) == 3 || len(o.command) > 0):
		return usagef("sem value takes neither a count nor a command")
	case verb == "value", verb == "acquire", verb == "release":
		return a.withSemaphore(key, o, func(s *qtbridge.Semaphore) error { return a.doSem(ctx, s, verb, n, o) })
	default:
		return usagef("%q cannot be done to a semaphore; give acquire, release or value", verb)
	}
}

// withSemaphore opens the semaphore for f. One that is made stays, or to make it
// would have no effect.
func (a *app) withSemaphore(key qtbridge.Key, o semOptions, f func(*qtbridge.Semaphore) error) (err error) {
	if !o.creates {
		if err := requireSemaphore(key); err != nil {
			return err
		}
	}
	s, err := qtbridge.OpenSemaphore(key, o.create)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	if o.creates {
		s.Disown()
	}
	return f(s)
}

// requireSemaphore is an error if there is no semaphore: to open it, as Qt does,
// would make one.
func requireSemaphore(key qtbridge.Key) error {
	if key.IsNative() {
		return usagef("sem %q: a QSystemSemaphore has no native key before Qt 6.6; give its key alone", key)
	}
	state, err := qtbridge.Inspect(key)
	if err == nil && !state.Lock.Exists {
		return refusedf(exitNotFound, "sem %q: there is no semaphore (%s); start the program that makes it, or give --create VALUE", key, state.Lock.File.Path)
	}
	return err
}

// semJSON is what sem --json prints; docs/qtshm.md documents it.
type semJSON struct {
	Key   string `json:"key"`
	Value int    `json:"value"` // after what was done
}

func (a *app) doSem(ctx context.Context, s *qtbridge.Semaphore, verb string, n int, o semOptions) (err error) {
	switch verb {
	case "acquire":
		err = acquire(ctx, s, n, o.timeout)
	case "release":
		err = s.Release(n)
	}
	if err != nil {
		return err
	}
	if verb == "acquire" && !undoesSemaphores {
		defer func() { err = errors.Join(err, s.Release(n)) }()
	}
	if err := a.printSem(s, verb); err != nil || verb == "value" {
		return err
	}
	if len(o.command) > 0 {
		return a.runHolding(ctx, o.path, o.command)
	}
	a.hint("%sd %d of %q; Ctrl-C ends it", verb, n, s.Key())
	return hold(ctx, o.duration)
}

func acquire(ctx context.Context, s *qtbridge.Semaphore, n int, timeout span) error {
	if timeout.set && timeout.d == 0 && n == 1 {
		return s.TryAcquire()
	}
	ctx, cancel := limited(ctx, timeout)
	defer cancel()
	return s.AcquireN(ctx, n)
}

func (a *app) printSem(s *qtbridge.Semaphore, verb string) error {
	if !a.json && verb != "value" {
		return nil
	}
	value, err := s.Value()
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(semJSON{s.Key().String(), value})
	}
	return a.printf("%d\n", value)
}
