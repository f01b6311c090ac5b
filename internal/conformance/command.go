//go:build cgo && linux

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"

	"qtinterop/qtbridge"
)

const usage = "usage: [--quick] [--alone] [--only ROW]... [--other PEER] PEER KIND | about | rows"

// Command is a program for package pairs: it prints a line of JSON for each row that is
// tried with a peer and a kind of key. Self is how this program is called to get here. If ctx
// ends, it removes what it has made, and returns its error.
func Command(ctx context.Context, self, args []string, out io.Writer) error {
	cell := Cell{Self: self}
	flags := flag.NewFlagSet("conform", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&cell.Quick, "quick", false, "one payload, and fewer rounds")
	flags.BoolVar(&cell.Alone, "alone", false, "fail a row that leaves anything in this IPC namespace or in /dev/shm")
	flags.Func("only", "a row to try; several are", func(row string) error { cell.Only = append(cell.Only, row); return nil })
	flags.StringVar(&cell.Other, "other", "", "another peer: the rows are between the two, without Go")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w; %s", err, usage)
	}
	encoder := json.NewEncoder(out)
	switch args = flags.Args(); {
	case len(args) == 1 && args[0] == "about":
		compiled, running := qtbridge.QtVersion()
		return encoder.Encode(About{Compiled: compiled, Running: running})
	case len(args) == 1 && args[0] == "rows":
		return encoder.Encode(Rows())
	case len(args) == 3 && args[0] == "hold":
		kind, err := KindOf(args[1])
		if err != nil {
			return err
		}
		return hold(kind, args[2], out)
	case len(args) == 2:
		var err error
		if cell.Kind, err = KindOf(args[1]); err != nil {
			return err
		}
		cell.Peer = args[0]
		Run(ctx, cell, func(r Result) { err = errors.Join(err, encoder.Encode(r)) })
		return errors.Join(err, ctx.Err())
	}
	return errors.New(usage)
}

// KindOf is the kind of key with a name.
func KindOf(name string) (Kind, error) {
	for _, kind := range Kinds {
		if kind.Name == name {
			return kind, nil
		}
	}
	return Kind{}, fmt.Errorf("%q is no kind of key", name)
}

// Rows are the names of all rows.
func Rows() []string { return namesOf(slices.Concat(rows, peerRows)) }
