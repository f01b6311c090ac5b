//go:build cgo && linux

// Conform tries what a Qt program and a Go program must agree on, with one peer and
// one kind of key, and prints a line of JSON for each row. scripts/matrix runs it.
//
//	conform [--quick] [--alone] PEER KIND
//	conform about
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"qtinterop/internal/conformance"
	"qtinterop/qtbridge"
)

func main() {
	quick := flag.Bool("quick", false, "one payload, and fewer rounds")
	alone := flag.Bool("alone", false, "fail a row that leaves anything in this IPC namespace or in /dev/shm")
	flag.Parse()
	if err := run(conformance.Cell{Quick: *quick, Alone: *alone}, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "conform:", err)
		os.Exit(2)
	}
}

func run(cell conformance.Cell, args []string) error {
	out := json.NewEncoder(os.Stdout)
	switch {
	case len(args) == 1 && args[0] == "about":
		compiled, running := qtbridge.QtVersion()
		return out.Encode(conformance.About{Compiled: compiled, Running: running})
	case len(args) == 3 && args[0] == "hold":
		kind, err := kindOf(args[1])
		if err != nil {
			return err
		}
		return conformance.Hold(kind, args[2])
	case len(args) == 2:
		var err error
		if cell.Kind, err = kindOf(args[1]); err != nil {
			return err
		}
		cell.Peer = args[0]
		conformance.Run(cell, func(r conformance.Result) { _ = out.Encode(r) })
		return nil
	}
	return fmt.Errorf("usage: conform [--quick] [--alone] PEER KIND | conform about")
}

func kindOf(name string) (conformance.Kind, error) {
	for _, kind := range conformance.Kinds {
		if kind.Name == name {
			return kind, nil
		}
	}
	return conformance.Kind{}, fmt.Errorf("%q is no kind of key", name)
}
