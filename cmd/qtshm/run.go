package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// app is what the commands share.
type app struct {
	in   io.Reader
	out  io.Writer // results; a terminal if it is an *os.File that is one
	err  io.Writer // everything else
	json bool      // --json: results as JSON, one object a line, and errors too
}

// run is the whole program. Its result is the exit status. When ctx ends, by a
// signalError as its cause, the command detaches and ends.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	a := &app{in: in, out: out, err: errOut}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := withCause(ctx, root.ExecuteContext(ctx))
	a.report(err)
	return statusOf(err)
}

const rootLong = `qtshm sees, reads, writes, follows and repairs the shared memory of Qt programs
that use QSharedMemory, without a change to them.

KEY is what the programs have agreed on:
  NAME, qt:NAME   setKey("NAME"), or the constructor with a key
  native:NAME     setNativeKey("NAME"): the path of a file; a relative one is
                  taken from the working directory. On Windows a name, for all
                  sessions if it begins with Global\
For a segment that is there, get, put, watch, info, rm, lock and doctor also take
its id as id:N, its System V key as 0xKEY, and the path of its key file.

Exit status: 0 done, 1 other error, 2 usage, 3 not found, 4 already exists,
5 permission, 6 timed out or lock not obtained, 7 refused because it is in use,
130 interrupted.`

// root is qtshm with all its commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:               "qtshm",
		Short:             "look into and repair the shared memory of Qt programs",
		Long:              rootLong,
		Args:              usageArgs(cobra.NoArgs),
		RunE:              func(*cobra.Command, []string) error { return usagef("a command is missing; see qtshm --help") },
		PersistentPreRunE: findKeyArgument,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
	}
	root.PersistentFlags().BoolVar(&a.json, "json", false, "results as JSON, one object a line, and errors as JSON on stderr")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%v; see %s --help", err, c.CommandPath())
	})
	root.AddCommand(a.getCmd(), a.putCmd(), a.publishCmd(), a.watchCmd(), a.createCmd(), a.rmCmd(),
		a.infoCmd(), a.lockCmd(), a.semCmd(), a.versionCmd(), a.lsCmd(), a.doctorCmd(), a.topCmd())
	for _, command := range moreCommands {
		root.AddCommand(command(a))
	}
	return root
}

// moreCommands are commands that some builds have.
var moreCommands []func(*app) *cobra.Command

// usageArgs makes what cobra says of wrong arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usagef("%v; usage: %s", err, c.UseLine())
		}
		return nil
	}
}
