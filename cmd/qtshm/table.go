package main

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// column is a column of a table, and how it gives way where there is no room.
type column struct {
	title string
	right bool // aligned to the right
	least int  // how narrow it may become; 0 if not narrower than its content
	tail  bool // of a path it is the end that matters
}

// layOut aligns rows in columns, in a table of the given width if that can be:
// the column that can give up most gives up first. No width means any.
func layOut(columns []column, rows [][]string, width int) []string {
	widths := make([]int, len(columns))
	total := len(columns) - 1
	for i := range columns {
		widths[i] = widthIn(columns[i].title)
		for _, row := range rows {
			widths[i] = max(widths[i], widthIn(row[i]))
		}
		total += widths[i]
	}
	for width > 0 && total > width && narrow(columns, widths) {
		total--
	}
	lines := []string{layOutRow(columns, titles(columns), widths)}
	for _, row := range rows {
		lines = append(lines, layOutRow(columns, row, widths))
	}
	return lines
}

// layOutKnown is layOut without the columns that say nothing on this system.
func layOutKnown(columns []column, rows [][]string, width int) []string {
	known := func(i int) bool { return !slices.Contains(unknownColumns, columns[i].title) }
	for i := range rows {
		rows[i] = selected(rows[i], known)
	}
	return layOut(selected(columns, known), rows, width)
}

// selected are those of list whose index is wanted.
func selected[T any](list []T, wanted func(i int) bool) []T {
	var left []T
	for i := range list {
		if wanted(i) {
			left = append(left, list[i])
		}
	}
	return left
}

// narrow takes one character from the column that has most to give.
func narrow(columns []column, widths []int) bool {
	best, most := -1, 0
	for i := range columns {
		if spare := widths[i] - columns[i].least; columns[i].least > 0 && spare > most {
			best, most = i, spare
		}
	}
	if best >= 0 {
		widths[best]--
	}
	return best >= 0
}

func titles(columns []column) []string {
	row := make([]string, len(columns))
	for i := range columns {
		row[i] = columns[i].title
	}
	return row
}

func layOutRow(columns []column, row []string, widths []int) string {
	var b strings.Builder
	for i, text := range row {
		if i > 0 {
			b.WriteByte(' ')
		}
		text = shorten(text, widths[i], columns[i].tail)
		pad := strings.Repeat(" ", widths[i]-widthIn(text))
		if columns[i].right {
			b.WriteString(pad + text)
		} else {
			b.WriteString(text + pad)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// widthIn is how many columns of a terminal text takes.
func widthIn(text string) int {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			return ansi.StringWidth(text)
		}
	}
	return len(text)
}

// shorten shortens text to a width, with an ellipsis for what is left out.
func shorten(text string, width int, tail bool) string {
	if widthIn(text) <= width {
		return text
	}
	if extra := ansi.StringWidth(text) - width; tail && extra > 0 && strings.Contains(text, "/") {
		return ansi.TruncateLeft(text, extra+1, "…")
	}
	return ansi.Truncate(text, width, "…")
}
