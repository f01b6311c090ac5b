package main

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"qtinterop/qtbridge"
)

var topColumns = []column{
	{title: "  NAME", least: 17, tail: true}, {title: "SIZE", right: true}, {title: "ATT", right: true},
	{title: "CREATOR", least: 7}, {title: "LAST", least: 7}, {title: "LOCK"},
	{title: "CHG/S", right: true}, {title: "AGE", right: true}, {title: "VERDICT", least: 9},
}

// View draws the screen: title, table, preview, status.
func (m *topModel) View() tea.View {
	view := tea.NewView(strings.Join(m.screen(), "\n"))
	view.AltScreen = true
	return view
}

func (m *topModel) screen() []string {
	if m.width == 0 {
		return nil
	}
	if m.mode == helping {
		return fit(append([]string{"qtshm top: keys", ""}, strings.Split(topKeys+"\n\nany key goes back", "\n")...), m.height, m.width)
	}
	previewed := min(max((m.height-4)/3, 1), 16)
	tableHeight := max(m.height-previewed-3, 2)
	lines := append([]string{m.title()}, fit(m.table(tableHeight), tableHeight, m.width)...)
	lines = append(lines, m.previewTitle())
	lines = append(lines, fit(m.preview.lines(previewed), previewed, m.width)...)
	return fit(append(lines, m.foot()), m.height, m.width)
}

func (m *topModel) title() string {
	title := fmt.Sprintf("qtshm top: %d of %d, by %s", len(m.shown), len(m.entries), topOrders[m.sort].name)
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
	title := "-- " + shorten(entryName(&m.shown[i]), max(m.width/2, 1), true)
	if seq := m.preview.last.message.Seq; seq > 0 {
		title += fmt.Sprintf(" (%d bytes, state %d)", len(m.preview.last.message.Data), seq)
	}
	return title + " " + strings.Repeat("-", max(m.width-len(title)-1, 0))
}

func (m *topModel) foot() string {
	switch {
	case m.mode == filtering:
		return "filter: " + printable(m.filter) + "_  (Enter ends, Esc clears)"
	case m.status != "":
		return printable(m.status)
	}
	return "up/down select  s sort  / filter  f follow  d remove orphan  ? help  q quit"
}

// table is the rows around the selected one that fit, under their titles.
func (m *topModel) table(height int) []string {
	first := max(m.index()-height+2, 0)
	last := min(first+height-1, len(m.shown))
	now := time.Now()
	var rows [][]string
	for i := first; i < last; i++ {
		rows = append(rows, m.row(&m.shown[i], now))
	}
	lines := layOutKnown(topColumns, rows, m.width)
	if i := m.index() - first; i >= 0 && i < len(rows) {
		lines[i+1] = "\x1b[7m" + lines[i+1] + "\x1b[0m"
	}
	return lines
}

func (m *topModel) row(e *qtbridge.Entry, now time.Time) []string {
	s := &e.State.Segment
	size, attached, mark := "-", "-", "  "
	if s.Exists {
		size, attached = sizeCell(s.Size), attachedText(s.Attached)
	}
	if identity(e) == m.selected {
		mark = "> "
	}
	return []string{
		mark + entryName(e), size, attached, programCell(e, s.Creator.PID), programCell(e, lastUser(e)),
		lockCell(e), fmt.Sprintf("%.1f", m.rates.of(identity(e)).value), ageText(e.Made, now), e.State.Verdict.String(),
	}
}

// fit makes it n lines of at most a width.
func fit(lines []string, n, width int) []string {
	fitted := make([]string, n)
	for i := range min(n, len(lines)) {
		fitted[i] = shorten(lines[i], width, false)
	}
	return fitted
}
