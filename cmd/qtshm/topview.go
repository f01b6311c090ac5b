package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"qtinterop/qtbridge"
)

var topColumns = []column{
	{title: " "}, {title: "NAME", least: 15, tail: true}, {title: "SIZE", right: true}, {title: "ATT", right: true},
	{title: "CREATOR", least: 7}, {title: "LAST", least: 7}, {title: "LOCK"},
	{title: "CHG/S", right: true}, {title: "AGE", right: true}, {title: "VERDICT", least: 9},
}

// topSpared are the columns that go first where there is no room, in this order.
var topSpared = []string{"LAST", "CREATOR", "AGE", "SIZE", "ATT", "LOCK", "CHG/S", "VERDICT"}

// View draws the screen: title, table, preview, status.
func (m *topModel) View() tea.View {
	if m.drawn == "" {
		m.drawn = strings.Join(m.screen(), "\n")
	}
	view := tea.NewView(m.drawn)
	view.AltScreen = true
	return view
}

func (m *topModel) screen() []string {
	switch {
	case m.width == 0:
		return nil
	case m.mode == helping:
		return fit(append([]string{"qtshm top: keys", ""}, strings.Split(topKeys+"\n\nany key goes back", "\n")...), m.height, m.width)
	case m.mode == detailing && m.index() >= 0:
		body := m.height - 1
		return append(fit(m.details().lines(m.scroll, body), body, m.width), fit([]string{m.foot()}, 1, m.width)...)
	}
	lines := append([]string{m.title()}, fit(m.table(), m.rows()+1, m.width)...)
	if rest := m.height - len(lines) - 1; rest > 0 {
		lines = append(lines, m.previewTitle())
		lines = append(lines, fit(m.previewLines(rest-1), rest-1, m.width)...)
	}
	return fit(append(lines, m.foot()), m.height, m.width)
}

// rows are how many entries have room: two thirds of the screen if there are so many,
// and all but the titles of one that is too low for a preview. The preview has the rest.
func (m *topModel) rows() int {
	const around = 4 // the titles of screen, table and preview, and the foot
	if m.height < around+4 {
		return max(m.height-around+1, 1)
	}
	return max(min(len(m.shown), (m.height-around)*2/3), 1)
}

func (m *topModel) title() string {
	direction := ""
	if m.reversed {
		direction = ", reversed"
	}
	title := fmt.Sprintf("qtshm top: %d of %d, by %s%s", len(m.shown), len(m.entries), topOrders[m.sort].name, direction)
	if m.filter != "" {
		title += ", filter " + printable(m.filter)
	}
	if m.paused {
		title += ", PAUSED"
	}
	return title
}

func (m *topModel) previewTitle() string {
	i := m.index()
	if i < 0 {
		return strings.Repeat("-", m.width)
	}
	return m.rule("-- " + shorten(shownName(&m.shown[i]), max(m.width/2, 1), true) + m.contentTitle())
}

// contentTitle says what is shown of which content.
func (m *topModel) contentTitle() string {
	message := &m.preview.last.message
	if message.Seq == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d bytes, state %d, as %v)", len(message.Data), message.Seq, m.preview.format)
}

// rule is text in a line across the screen.
func (m *topModel) rule(text string) string {
	return text + " " + strings.Repeat("-", max(m.width-ansi.StringWidth(text)-1, 0))
}

// previewLines are the first lines of the content, or why there is none.
func (m *topModel) previewLines(n int) []string {
	i := m.index()
	if i < 0 {
		return nil
	}
	if why := m.preview.why(&m.shown[i]); why != "" {
		return wrapped("("+why+")", m.width)
	}
	return m.preview.page(m.width).lines(0, n)
}

// wrapped is text in lines of a width.
func wrapped(text string, width int) []string {
	return strings.Split(ansi.Wrap(printable(text), max(width, 1), ""), "\n")
}

func (m *topModel) foot() string {
	switch {
	case m.mode == filtering:
		return "filter: " + printable(m.filter) + "_  (Enter ends, Esc clears)"
	case m.status != "":
		return printable(m.status)
	case m.blind != nil:
		return printable("what is shown is old: " + sentence(m.blind))
	case m.mode == detailing:
		return "Esc back  up/down/PgUp/PgDn/Home/End scroll  v view  f follow  q quit"
	}
	return "? help  Enter details  v view  s sort  / filter  f follow  d remove  q quit"
}

// table is the rows around the selected one that fit, under their titles.
func (m *topModel) table() []string {
	first := max(m.index()-m.rows()+1, 0)
	last := min(first+m.rows(), len(m.shown))
	now := time.Now()
	var rows [][]string
	for i := first; i < last; i++ {
		rows = append(rows, m.row(&m.shown[i], now))
	}
	lines := layOutSparing(topColumns, rows, m.width)
	if i := m.index() - first; i >= 0 && i < len(rows) {
		lines[i+1] = inverse + lines[i+1] + normal
	}
	return lines
}

// layOutSparing is layOutKnown without as many of topSpared as it takes to fit.
func layOutSparing(columns []column, rows [][]string, width int) []string {
	lines := layOutKnown(columns, slices.Clone(rows), width)
	for _, title := range topSpared {
		if !slices.ContainsFunc(lines, func(line string) bool { return widthIn(line) > width }) {
			break
		}
		keep := func(i int) bool { return columns[i].title != title }
		for i := range rows {
			rows[i] = selected(rows[i], keep)
		}
		columns = selected(columns, keep)
		lines = layOutKnown(columns, slices.Clone(rows), width)
	}
	return lines
}

func (m *topModel) row(e *qtbridge.Entry, now time.Time) []string {
	s := &e.State.Segment
	size, attached, mark := "-", "-", " "
	if s.Exists {
		size, attached = sizeCell(s.Size), attachedText(s.Attached)
	}
	if identity(e) == m.selected {
		mark = ">"
	}
	return []string{
		mark, shownName(e), size, attached, programCell(e, s.Creator.PID), programCell(e, lastUser(e)),
		lockCell(e), m.rateCell(e), ageText(e.Made, now), e.State.Verdict.String(),
	}
}

// rateCell is how often an entry changes. That nothing has is of interest where somebody
// could change it.
func (m *topModel) rateCell(e *qtbridge.Entry) string {
	rate := m.rates[identity(e)]
	if s := &e.State.Segment; (!s.Exists || s.Attached == 0) && rate.text() == noChanges {
		return unmeasured
	}
	return rate.text()
}

// fit makes it n lines of at most a width.
func fit(lines []string, n, width int) []string {
	fitted := make([]string, n)
	for i := range min(n, len(lines)) {
		fitted[i] = shorten(lines[i], width, false)
	}
	return fitted
}
