//go:build linux

// Matrix tries every Go program with every peer for every kind of key, two pairs at
// a time, each in namespaces of its own, and renders what came of it. scripts/matrix
// builds the programs and runs it, in a mount namespace that it may change.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
	goes, err := programs(o.goes, aboutGo)
	if err != nil {
		return err
	}
	peers, err := programs(o.peers, aboutPeer)
	if err != nil {
		return err
	}
	runner := runner{out: o.out, quick: o.quick}
	cells, err := runner.all(goes, peers)
	if err != nil {
		return err
	}
	report := newReport(o, goes, peers, cells)
	page := filepath.Join(o.out, "index.html")
	if err := errors.Join(report.writePage(page), report.writeJUnit(filepath.Join(o.out, "junit.xml"))); err != nil {
		return err
	}
	if o.document != "" {
		if err := report.writeMarkdown(o.document); err != nil {
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
