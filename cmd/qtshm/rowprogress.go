//go:build cgo && linux

package main

import (
	"fmt"

	"qtinterop/internal/conformance"
	"qtinterop/internal/pairs"
)

// rowProgress tells the rows of verify as they come. Beneath them, where stderr is a
// terminal, is a bar, with the row that runs.
type rowProgress struct {
	app   *app
	cells []*pairs.Cell
	left  map[*pairs.Cell][]string // rows that have not ended yet
	total int
	width int // of the bar, so that it fits the terminal
	shown bool
}

// newRowProgress draws the bar of cells that play rows.
func (a *app) newRowProgress(cells []*pairs.Cell, rowsOf func(*pairs.Cell) []string) *rowProgress {
	p := &rowProgress{app: a, cells: cells, left: make(map[*pairs.Cell][]string)}
	longest := 0
	for _, c := range cells {
		p.left[c] = rowsOf(c)
		p.total += len(p.left[c])
		for _, row := range p.left[c] {
			longest = max(longest, len(row))
		}
	}
	p.width = barWidth(a.err, len("[] 9999 of 9999: ")+longest)
	p.shown = p.total > 0 && isTerminal(a.err)
	p.draw()
	return p
}

// tell tells what came of a row.
func (p *rowProgress) tell(c *pairs.Cell, result conformance.Result) {
	if left := p.left[c]; len(left) > 0 {
		p.left[c] = left[1:]
	}
	p.end()
	p.app.tellRow(c, result)
	p.draw()
}

// over notes that a cell has ended, if before its last row.
func (p *rowProgress) over(c *pairs.Cell) {
	if len(p.left[c]) > 0 {
		p.left[c] = nil
		p.draw()
	}
}

func (p *rowProgress) draw() {
	if !p.shown {
		return
	}
	done, running := p.total, ""
	for _, c := range p.cells { // they begin in this order, so the first that is not over runs
		done -= len(p.left[c])
		if running == "" && len(p.left[c]) > 0 {
			running = ": " + p.left[c][0]
		}
	}
	text := barText(p.width, int64(done), int64(p.total), fmt.Sprintf("%d of %d%s", done, p.total, running))
	if columns := widthOf(p.app.err); columns > 0 {
		text = text[:min(len(text), columns-1)]
	}
	fmt.Fprint(p.app.err, clearLine+text)
}

// end takes the bar away.
func (p *rowProgress) end() {
	if p.shown {
		fmt.Fprint(p.app.err, clearLine)
	}
}

// counts is how many rows ended how.
func (p *rowProgress) counts() (n pairs.Counts) {
	for _, c := range p.cells {
		n.Add(pairs.Count(c.Results))
	}
	return n
}

// interrupt has all cells fail that have rows to come, for the reports: they prove nothing.
func (p *rowProgress) interrupt() {
	for _, c := range p.cells {
		if left := p.left[c]; len(left) > 0 {
			c.Results = append(c.Results, conformance.Result{Row: "the program ends in order", Status: conformance.Failed,
				Reason: fmt.Sprintf("interrupted before %q", left[0])})
		}
	}
}
