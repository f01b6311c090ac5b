//go:build linux

// Matrix tries every Go program with every peer for every kind of key, two pairs at
// a time, each in namespaces of its own, and renders what came of it. scripts/matrix
// builds the programs and runs it, in a mount namespace that it may change.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"qtinterop/internal/conformance"
	"qtinterop/internal/pairs"
)

// options are what the command line says.
type options struct {
	goes, peers list
	out         string // directory of all results
	document    string // docs/compatibility.md, or empty
	commit      string
	browser     string // to check the page with, or empty
	quick       bool
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string         { return fmt.Sprint(*l) }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

func main() {
	var o options
	flag.Var(&o.goes, "go", "a conform, linked to some Qt")
	flag.Var(&o.peers, "peer", "a testpeer")
	flag.StringVar(&o.out, "out", "build/matrix", "directory for the results")
	flag.StringVar(&o.document, "document", "", "write the results as Markdown to this file")
	flag.StringVar(&o.commit, "commit", "", "what was measured")
	flag.StringVar(&o.browser, "browser", "", "check the page with this Chromium")
	flag.BoolVar(&o.quick, "quick", false, "one payload, and fewer rounds")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	ctx := context.Background()
	goes, err := programs(o.goes, func(path string) (pairs.Program, error) { return pairs.GoProgram(ctx, path) })
	if err != nil {
		return err
	}
	peers, err := programs(o.peers, func(path string) (pairs.Program, error) { return pairs.Peer(ctx, path) })
	if err != nil {
		return err
	}
	if !pairs.Apart() {
		return errors.New("there can be no namespaces; run it as root")
	}
	runner := pairs.Runner{Out: o.out, Quick: o.quick, Tell: tell}
	cells := pairs.Cells(goes, peers)
	if err := runner.Run(ctx, cells); err != nil {
		return err
	}
	report := pairs.NewReport(o.commit, o.quick, goes, peers, cells)
	page := filepath.Join(o.out, "index.html")
	if err := errors.Join(write(page, report.WritePage), write(filepath.Join(o.out, "junit.xml"), report.WriteJUnit)); err != nil {
		return err
	}
	if o.document != "" {
		if err := write(o.document, report.WriteMarkdown); err != nil {
			return err
		}
	}
	if o.browser == "" {
		fmt.Println("matrix: the page is not checked, as there is no Chromium")
	} else if err := checkPage(o.browser, page, o.out); err != nil {
		return fmt.Errorf("the page, in %s: %w", o.browser, err)
	}
	fmt.Printf("matrix: %s; %s\n", report.Counts, page)
	if report.Counts.Failed > 0 {
		return fmt.Errorf("%d rows failed", report.Counts.Failed)
	}
	return nil
}

func programs(paths []string, ask func(string) (pairs.Program, error)) ([]pairs.Program, error) {
	var all []pairs.Program
	for _, path := range paths {
		program, err := ask(path)
		if err != nil {
			return nil, err
		}
		all = append(all, program)
	}
	return all, nil
}

// tell shows the progress.
func tell(c *pairs.Cell, kept bool, n, of int) {
	how := fmt.Sprintf("%.1f s", c.Seconds)
	if kept {
		how = "kept from " + c.Begun.Format(time.DateTime)
	}
	fmt.Printf("matrix: %d/%d %s, Go on %s, peer on %s: %s (%s)\n", n, of, c.Kind, c.Go.Name(), c.Peer.Name(), pairs.Count(c.Results), how)
	for _, result := range c.Results {
		if result.Status == conformance.Failed {
			fmt.Printf("matrix:     failed: %s: %s\n", result.Row, result.Reason)
		}
	}
}

// write has a file written as a whole.
func write(path string, content func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(content(f), f.Close())
}
