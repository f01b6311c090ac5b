package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

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
	root := a.root(args)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := withCause(ctx, root.ExecuteContext(ctx))
	a.report(err)
	return statusOf(err)
}

var rootLong = `qtshm sees, reads, writes, follows and repairs the shared memory of Qt programs
that use QSharedMemory, without a change to them.

KEY is what the programs have agreed on:
  NAME, qt:NAME   setKey("NAME"), or the constructor with a key
` + perSystem(`  native:NAME     setNativeKey("NAME"): the path of a file; a relative one is
                  taken from the working directory
`, `  native:NAME     setNativeKey("NAME"): a name, for all sessions if it begins
                  with Global\
`) + `For a segment that is there, get, put, watch, guess, info, rm, lock and doctor also
take its id as id:N, its System V key as 0xKEY, and the path of its key file.

Exit status: ` + exitText + `.`

// commands make the commands, by their names. Some builds have more.
var commands = map[string]func(*app) *cobra.Command{
	"get": (*app).getCmd, "put": (*app).putCmd, "publish": (*app).publishCmd, "watch": (*app).watchCmd,
	"create": (*app).createCmd, "rm": (*app).rmCmd, "info": (*app).infoCmd, "lock": (*app).lockCmd, "sem": (*app).semCmd,
	"version": (*app).versionCmd, "ls": (*app).lsCmd, "doctor": (*app).doctorCmd, "top": (*app).topCmd, "guess": (*app).guessCmd, "man": (*app).manCmd,
}

// root is qtshm with the command that args begin with, or with all: to make them takes
// as long as a get.
func (a *app) root(args []string) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "qtshm",
		Short: "look into and repair the shared memory of Qt programs",
		Long:  rootLong,
		Args:  knownCommand,
		RunE: func(*cobra.Command, []string) error {
			if version {
				return a.version()
			}
			return usagef("a command is missing; see qtshm --help")
		},
		PersistentPreRunE:          findKeyArgument,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
	}
	root.Flags().BoolVar(&version, "version", false, "print what qtshm version does")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "results as JSON, one object a line, and errors as JSON on stderr")
	root.SetFlagErrorFunc(flagError)
	if len(args) > 0 && commands[args[0]] != nil && args[0] != "man" {
		root.AddCommand(commands[args[0]](a))
		root.CompletionOptions.DisableDefaultCmd = true
		root.SetHelpCommand(&cobra.Command{Hidden: true})
		return root
	}
	for _, command := range commands {
		root.AddCommand(command(a))
	}
	complete(root, args)
	return root
}

// knownCommand is an error for arguments that are no command, with those that may be
// meant.
func knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	meant := ""
	if known := c.SuggestionsFor(args[0]); len(known) > 0 {
		meant = "; did you mean " + strings.Join(slices.Compact(known), " or ") + "?"
	}
	return usagef("unknown command %q%s; see qtshm --help", args[0], meant)
}

// flagError is what is wrong with a flag, without the words of Go.
func flagError(c *cobra.Command, err error) error {
	text := err.Error()
	if number, ok := errors.AsType[*strconv.NumError](err); ok {
		text = strings.ReplaceAll(text, number.Error(), number.Err.Error())
	}
	return usagef("%s; see %s --help", text, c.CommandPath())
}

// noArgs is cobra.NoArgs, which takes any argument for a command.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is too much: it takes no arguments", args[0])
	}
	return nil
}

// usageArgs makes what cobra says of wrong arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usagef("%v; usage: %s", err, c.UseLine())
		}
		return nil
	}
}
