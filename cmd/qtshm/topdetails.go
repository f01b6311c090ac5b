package main

import "strings"

// topDetails are what is known of the selected entry, and its content, in lines.
type topDetails struct {
	facts   []string
	content *contentPage // nil if there is none
}

// details are of the selected entry, which there must be.
func (m *topModel) details() *topDetails {
	e := &m.shown[m.index()]
	s := &e.State
	var text strings.Builder
	text.WriteString(infoLine("name", shownName(e)) + infoLine("verdict", s.Verdict.String()) +
		infoLine("changes/s", m.rateCell(e)) + infoLine("users", usersCell(e)) +
		segmentText(&s.Segment) + lockLines(s.Key, &s.Lock))
	for i := range s.Strays {
		text.WriteString(strayText(&s.Strays[i]))
	}
	d := &topDetails{}
	for line := range strings.Lines(text.String()) {
		d.facts = append(d.facts, printable(strings.TrimSuffix(line, "\n")))
	}
	d.facts = append(d.facts, m.rule("-- content"+m.contentTitle()))
	if why := m.preview.why(e); why != "" {
		d.facts = append(d.facts, wrapped("("+why+")", m.width)...)
		return d
	}
	d.facts = append(d.facts, m.preview.curves.lines(m.width)...)
	d.facts = append(d.facts, thumbnailLines(m.preview.last.thumbnail, m.width)...)
	d.content = m.preview.page(m.width)
	return d
}

// count is how many lines there are.
func (d *topDetails) count() int {
	if d.content == nil {
		return len(d.facts)
	}
	return len(d.facts) + d.content.count()
}

// lines are n lines from the first on, or as many as there are.
func (d *topDetails) lines(first, n int) []string {
	var lines []string
	for i := first; i < min(first+n, len(d.facts)); i++ {
		lines = append(lines, d.facts[i])
	}
	if d.content == nil {
		return lines
	}
	return append(lines, d.content.lines(max(first-len(d.facts), 0), n-len(lines))...)
}

// turn moves through the details, or goes back; it tells whether the key means that.
func (m *topModel) turn(key string) bool {
	if m.index() < 0 {
		m.mode = browsing
		return false
	}
	page := max(m.height-2, 1)
	last := max(m.details().count()-m.height+1, 0)
	to := m.scroll
	switch key {
	case "esc", "enter":
		m.mode = browsing
		return true
	case "up", "k":
		to--
	case "down", "j":
		to++
	case "pgup":
		to -= page
	case "pgdown":
		to += page
	case "home":
		to = 0
	case "end":
		to = last
	default:
		return false
	}
	m.scroll = min(max(to, 0), last)
	return true
}
