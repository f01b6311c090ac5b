//go:build cgo && linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"qtinterop/internal/conformance"
	"qtinterop/internal/pairs"
	"qtinterop/qtbridge"
)

func init() {
	commands["verify"], commands["conform"] = (*app).verifyCmd, (*app).conformCmd
}

const verifyLong = `verify proves that Qt programs and this library still agree. It starts each peer,
a program that does to Qt's objects what it is told (testpeer, or one in another
language: cpp/testpeer/README.md has the protocol), and has it play with qtshm
what both must agree on: bytes both ways, sizes, the names that keys get, the
lock, what a crash leaves, Watch and Publisher. Each row is passed, failed, or
not applicable, because the Qt of one side cannot do it, whoever uses it. Of several
peers each two that are different play with each other as well, without Go in between.

Where namespaces can be had, as by root, everything happens in some of its own,
and a row that leaves anything behind has failed.

With --program it is a finished program, unchanged and without any protocol: what
can be proven of it from outside. It runs in a directory for temporary files of
its own, and is killed in the end.

A signal ends it: the programs are ended, what they have made is removed, and the
results until then are told; in the reports those that did not end have failed.

Exit status: 0 if no row failed, 1 if one did, 2 usage, 130 interrupted.`

// verification is what verify is asked for.
type verification struct {
	peers, only                   []string
	quick                         bool
	junitFile, jsonFile, htmlFile string

	program, key, expect string // of a finished program
	publishes, reads     bool
}

func (a *app) verifyCmd() *cobra.Command {
	var v verification
	c := &cobra.Command{
		Use:   "verify --peer PROGRAM | --program COMMAND --key KEY",
		Short: "prove in CI that a Qt and this library agree",
		Long:  verifyLong,
		Example: "  qtshm verify --peer build/testpeer/testpeer-qt6\n" +
			"  qtshm verify --peer testpeer-qt5 --peer testpeer-qt6 --junit verify.xml --html verify.html\n" +
			"  qtshm verify --peer testpeer-qt6 --only size --only 'key derivation'\n" +
			"  qtshm verify --program './viewer --hidden' --key RkWebViewModelSM --expect-text 'model-[0-9]+'",
		Args: usageArgs(noArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.verify(c.Context(), &v) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&v.peers, "peer", nil, "a peer; several are tried one after the other, and with each other")
	flags.StringVar(&v.program, "program", "", "a finished Qt program, by its command for sh -c")
	flags.StringVar(&v.key, "key", "", "the KEY that the program uses")
	flags.StringVar(&v.expect, "expect-text", "", "a regular expression for its content, or for what it prints if it reads")
	flags.BoolVar(&v.publishes, "publishes", false, "the program makes the segment (if nothing is said)")
	flags.BoolVar(&v.reads, "reads", false, "the program reads what is published: qtshm-verify-N")
	c.MarkFlagsMutuallyExclusive("peer", "program")
	c.MarkFlagsMutuallyExclusive("publishes", "reads")
	flags.StringArrayVar(&v.only, "only", nil, "a row to try; several are")
	flags.BoolVar(&v.quick, "quick", false, "one payload, and fewer rounds")
	flags.StringVar(&v.junitFile, "junit", "", "write the results to this file as JUnit XML")
	flags.StringVar(&v.jsonFile, "json", "", "write the results to this file as JSON, with all transcripts")
	flags.StringVar(&v.htmlFile, "html", "", "write the results to this file as a page, with the transcripts")
	_ = c.RegisterFlagCompletionFunc("only", cobra.FixedCompletions(conformance.Rows(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// conformCmd is what verify starts for each peer and each kind of key.
func (a *app) conformCmd() *cobra.Command {
	return &cobra.Command{
		Use: "conform", Hidden: true, DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			return conformance.Command(c.Context(), []string{"conform"}, args, a.out)
		},
	}
}

func (a *app) verify(ctx context.Context, v *verification) (err error) {
	if len(v.peers) == 0 && v.program == "" {
		return usagef("there is no peer; give one with --peer: scripts/build-testpeer makes them; or a finished program with --program")
	}
	for _, row := range v.only {
		if !slices.Contains(conformance.Rows(), row) {
			return usagef("there is no row %q; the rows are: %s", row, strings.Join(conformance.Rows(), "; "))
		}
	}
	reports, err := v.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reports.close()) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	program, err := pairs.GoProgram(ctx, self, "conform")
	if err != nil {
		return err
	}
	if v.program != "" {
		return a.verifyProgram(ctx, v, program, reports)
	}
	return a.verifyPeers(ctx, v, program, reports)
}

// verifyProgram tries a finished program.
func (a *app) verifyProgram(ctx context.Context, v *verification, program pairs.Program, reports reports) error {
	key, err := qtbridge.ParseKey(v.key)
	if err != nil {
		return err
	}
	finished := conformance.Program{Command: v.program, Key: key, Publishes: !v.reads}
	if v.expect != "" {
		if finished.Expect, err = regexp.Compile(v.expect); err != nil {
			return usagef("--expect-text: %v", err)
		}
	}
	cell := &pairs.Cell{Go: program, Peer: pairs.Program{Path: v.program}, Kind: key.String(), Begun: time.Now()}
	rows := a.newRowProgress([]*pairs.Cell{cell}, func(*pairs.Cell) []string { return finished.Rows() })
	err = conformance.RunProgram(ctx, finished, func(qt string, result conformance.Result) {
		cell.Peer.About = conformance.About{Compiled: qt, Running: qt}
		cell.Results = append(cell.Results, result)
		rows.tell(cell, result)
	})
	rows.end()
	if err != nil && ctx.Err() == nil {
		return err
	}
	cell.Seconds = time.Since(cell.Begun).Seconds()
	return a.verified(ctx, v, reports, program, []pairs.Program{cell.Peer}, rows, cell.Begun)
}

func (a *app) verifyPeers(ctx context.Context, v *verification, program pairs.Program, reports reports) error {
	if !pairs.Apart() {
		fmt.Fprintln(a.err, "qtshm: there can be no namespaces of their own here, so that nobody looks whether anything is left behind; as root there can")
	}
	started := time.Now()
	var peers []pairs.Program
	for _, path := range v.peers {
		peer, err := pairs.Peer(ctx, path)
		if err != nil {
			fmt.Fprintf(a.err, "qtshm: %v\n", err)
		}
		peers = append(peers, peer)
	}
	cells := append(pairs.Cells([]pairs.Program{program}, peers), pairs.CellsOfPeers(program, peers)...)
	rows := a.newRowProgress(cells, v.rowsOf)
	runner := pairs.Runner{Quick: v.quick, Only: v.only, Row: rows.tell,
		Tell: func(c *pairs.Cell, _ bool, _, _ int) { rows.over(c) }}
	err := runner.Run(ctx, cells)
	rows.end()
	if err != nil && ctx.Err() == nil {
		return err
	}
	return a.verified(ctx, v, reports, program, peers, rows, started)
}

// rowsOf are the rows that a cell plays.
func (v *verification) rowsOf(c *pairs.Cell) []string {
	kind, _ := conformance.KindOf(c.Kind)
	cell := conformance.Cell{Kind: kind, Only: v.only}
	if c.Other != nil {
		cell.Other = c.Other.Path
	}
	return cell.Rows()
}

// verified writes the reports, and tells in the end.
func (a *app) verified(ctx context.Context, v *verification, reports reports, program pairs.Program, peers []pairs.Program, rows *rowProgress, started time.Time) error {
	counts := rows.counts()
	if ctx.Err() != nil {
		rows.interrupt()
	}
	report := pairs.NewReport("qtshm "+versions().Version, v.quick, []pairs.Program{program}, peers, rows.cells)
	if err := reports.write(report); err != nil {
		return err
	}
	_ = a.printf("%s, in %.0f s, by qtshm on Qt %s\n", countsText(counts), time.Since(started).Seconds(), program.Name())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed := counts.Failed; failed > 0 {
		rows := "rows"
		if failed == 1 {
			rows = "row"
		}
		return refusedf(exitError, "%d %s failed%s", failed, rows, v.hint())
	}
	return nil
}

func (v *verification) hint() string {
	if v.junitFile == "" && v.jsonFile == "" && v.htmlFile == "" {
		return "; --html FILE writes what both sides did"
	}
	return ""
}

func (a *app) tellRow(c *pairs.Cell, result conformance.Result) {
	status := string(result.Status)
	if result.Status == conformance.Impossible {
		status = "not applicable"
	}
	text := fmt.Sprintf("%-14s  Qt %-8s  %-15s  %s", status, c.Names(), c.Kind, result.Row)
	if result.Reason != "" {
		text += ": " + result.Reason
	}
	_ = a.printf("%s\n", text)
}

func countsText(n pairs.Counts) string {
	return fmt.Sprintf("%d passed, %d failed, %d not applicable", n.Passed, n.Failed, n.Impossible)
}

// report is a file that is open from the start, so that it is known then that it can be
// written.
type report struct {
	file  *os.File
	write func(*pairs.Report, io.Writer) error
}

type reports []report

func (v *verification) open() (all reports, err error) {
	for _, wanted := range []struct {
		path  string
		write func(*pairs.Report, io.Writer) error
	}{{v.junitFile, (*pairs.Report).WriteJUnit}, {v.jsonFile, (*pairs.Report).WriteJSON}, {v.htmlFile, (*pairs.Report).WritePage}} {
		if wanted.path == "" {
			continue
		}
		file, err := os.Create(wanted.path)
		if err != nil {
			return nil, errors.Join(err, all.close())
		}
		all = append(all, report{file, wanted.write})
	}
	return all, nil
}

func (r reports) write(result *pairs.Report) error {
	var err error
	for _, report := range r {
		err = errors.Join(err, report.write(result, report.file))
	}
	return err
}

func (r reports) close() error {
	var err error
	for _, report := range r {
		err = errors.Join(err, report.file.Close())
	}
	return err
}
