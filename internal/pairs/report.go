//go:build linux

package pairs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qtinterop/internal/conformance"
)

// Counts is how many rows ended how.
type Counts struct{ Passed, Failed, Impossible int }

// Count counts results.
func Count(results []conformance.Result) Counts {
	var n Counts
	for _, result := range results {
		switch result.Status {
		case conformance.Passed:
			n.Passed++
		case conformance.Impossible:
			n.Impossible++
		default:
			n.Failed++
		}
	}
	return n
}

// Add adds other rows.
func (n *Counts) Add(more Counts) {
	n.Passed += more.Passed
	n.Failed += more.Failed
	n.Impossible += more.Impossible
}

func (n Counts) String() string {
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{n.Passed, "passed"}, {n.Failed, "failed"}, {n.Impossible, "impossible"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	return strings.Join(parts, ", ")
}

// Report is all that is rendered.
type Report struct {
	Date    string
	Commit  string
	Quick   bool
	Counts  Counts
	Seconds float64 // of all cells, one after the other
	Rows    []conformance.Result
	Tables  []table
	Reasons []*reason
}

// table is one kind of key: a line for each Go program, a column for each peer. Without Go
// both are peers, and half of it is empty.
type table struct {
	Kind    string
	Corner  string
	Columns []Program
	Lines   []line
}

type line struct {
	Program Program
	Cells   []*entry // nil for one that is empty
}

// entry is a cell in a table.
type entry struct {
	*Cell
	ID      string // of its evidence in the page
	Counts  Counts
	Failed  []string  // names of rows
	Reasons []*reason // of what is impossible
}

// reason is why rows are impossible, and how qtbridge says so.
type reason struct {
	Letter string
	Text   string
	Says   []string
	Rows   []string
	Kinds  []string
}

// NewReport puts the cells of these programs in tables: those of [Cells], and then those of
// [CellsOfPeers], if any. Commit is what was measured.
func NewReport(commit string, quick bool, goes, peers []Program, cells []*Cell) *Report {
	r := &Report{Date: time.Now().UTC().Format(time.DateOnly), Commit: commit, Quick: quick}
	next := 0
	enter := func() *entry {
		next++
		return r.enter(cells[next-1], fmt.Sprintf("cell-%d", next))
	}
	withGo := slices.IndexFunc(cells, func(c *Cell) bool { return c.Other != nil })
	if withGo < 0 {
		withGo = len(cells)
	}
	for _, kind := range kindsOf(cells[:withGo]) {
		t := table{Kind: kind, Corner: `Go on \ peer on`, Columns: peers}
		for _, g := range goes {
			l := line{Program: g}
			for range peers {
				l.Cells = append(l.Cells, enter())
			}
			t.Lines = append(t.Lines, l)
		}
		r.Tables = append(r.Tables, t)
	}
	peers = different(peers)
	for _, kind := range kindsOf(cells[withGo:]) {
		t := table{Kind: kind + ", without Go", Corner: `peer on \ peer on`, Columns: peers[1:]}
		for i, peer := range peers[:len(peers)-1] {
			l := line{Program: peer, Cells: make([]*entry, i)}
			for range peers[i+1:] {
				l.Cells = append(l.Cells, enter())
			}
			t.Lines = append(t.Lines, l)
		}
		r.Tables = append(r.Tables, t)
	}
	return r
}

// Entries are all that are not empty, in the order of the tables.
func (r *Report) Entries() []*entry {
	var all []*entry
	for _, t := range r.Tables {
		for _, l := range t.Lines {
			for _, e := range l.Cells {
				if e != nil {
					all = append(all, e)
				}
			}
		}
	}
	return all
}

// kindsOf are the kinds of keys of cells, in their order.
func kindsOf(cells []*Cell) []string {
	var kinds []string
	for _, c := range cells {
		kinds = addOnce(kinds, c.Kind)
	}
	return kinds
}

func (r *Report) enter(c *Cell, id string) *entry {
	e := &entry{Cell: c, ID: id, Counts: Count(c.Results)}
	r.Counts.Add(e.Counts)
	r.Seconds += c.Seconds
	for _, result := range c.Results {
		if !slices.ContainsFunc(r.Rows, func(known conformance.Result) bool { return known.Row == result.Row }) {
			r.Rows = append(r.Rows, result)
		}
		switch result.Status {
		case conformance.Failed:
			e.Failed = append(e.Failed, result.Row)
		case conformance.Impossible:
			e.Reasons = addOnce(e.Reasons, r.reason(c.Kind, result))
		}
	}
	return e
}

// reason finds or makes the reason of an impossible row.
func (r *Report) reason(kind string, result conformance.Result) *reason {
	i := slices.IndexFunc(r.Reasons, func(known *reason) bool { return known.Text == result.Reason })
	if i < 0 {
		i = len(r.Reasons)
		r.Reasons = append(r.Reasons, &reason{Letter: string(rune('a' + i)), Text: result.Reason})
	}
	found := r.Reasons[i]
	if result.Says != "" {
		found.Says = addOnce(found.Says, result.Says)
	}
	found.Rows = addOnce(found.Rows, result.Row)
	found.Kinds = addOnce(found.Kinds, kind)
	return found
}

func addOnce[T comparable](list []T, x T) []T {
	if slices.Contains(list, x) {
		return list
	}
	return append(list, x)
}

// Letters are those of all reasons of an entry.
func (e *entry) Letters() string {
	var letters []string
	for _, reason := range e.Reasons {
		letters = append(letters, reason.Letter)
	}
	return strings.Join(letters, ", ")
}

// Title says which cell it is.
func (e *entry) Title() string {
	if e.Other != nil {
		return fmt.Sprintf("%s: peers on %s, without Go", e.Kind, e.Names())
	}
	return fmt.Sprintf("%s: Go on %s, peer on %s", e.Kind, e.Go.Name(), e.Peer.Name())
}

// RowsOf are the rows of a reason in words.
func (r *Report) RowsOf(reason *reason) string {
	if len(reason.Rows) == len(r.Rows) {
		return "all rows"
	}
	return strings.Join(reason.Rows, "; ")
}
