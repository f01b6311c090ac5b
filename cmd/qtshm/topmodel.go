package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"qtinterop/qtbridge"
)

// topModel is the state of top. Update alone changes it.
type topModel struct {
	ctx      context.Context
	interval time.Duration
	names    users
	system   *sync.Mutex // held by look and remove; it guards the next three
	calm     calm
	looked   time.Time     // when everything was looked at last
	cost     time.Duration // of that
	err      error         // why top ended
	blind    error         // why the last look saw nothing

	width, height int
	entries       []qtbridge.Entry // all
	shown         []qtbridge.Entry // sorted and filtered
	selected      string           // identity of an entry
	chosen        qtbridge.Entry   // that entry, as it was seen last
	sort          int
	reversed      bool
	filter        string
	mode          topMode
	scroll        int // how many lines of the details are above the screen
	paused        bool
	status        string
	rates         rates
	preview       contentView
	drawn         string // the screen, for as long as nothing has come that can change it
}

// topMode is what keys mean.
type topMode int

const (
	browsing topMode = iota
	filtering
	asking // whether to remove the selected orphan
	helping
	detailing // the selected entry has the whole screen
)

// identity is what an entry keeps from look to look.
func identity(e *qtbridge.Entry) string {
	if path := e.State.Segment.File.Path; path != "" {
		return path
	}
	return fmt.Sprint(e.Kind, e.State.Segment.ID, e.State.Lock.ID)
}

func (m *topModel) Init() tea.Cmd { return m.look() }

func (m *topModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(tickMsg); !ok {
		m.drawn = ""
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tickMsg:
		if m.paused {
			return m, m.tick()
		}
		return m, m.look()
	case listMsg:
		return m.found(msg)
	case previewMsg:
		if !m.paused {
			m.preview.show(msg)
		}
	case recoverMsg:
		m.removed(msg)
		return m, nil
	case tea.PasteMsg:
		if m.mode == filtering {
			m.filter += msg.Content
			m.arrange()
		}
	case tea.KeyPressMsg:
		return m, m.press(msg)
	}
	return m, nil
}

func (m *topModel) found(msg listMsg) (tea.Model, tea.Cmd) {
	switch {
	case msg.err != nil && m.entries == nil:
		m.err = msg.err
		return m, tea.Quit
	case msg.err != nil:
		m.blind = msg.err
		return m, m.tick()
	case !msg.quiet:
		m.blind = nil
		m.entries = m.keepSelected(msg.entries)
	}
	m.rates.sample(m.entries, m.preview.measured(), m.preview.feed.changes(), msg.time)
	if !msg.quiet {
		m.arrange()
	}
	return m, m.tick()
}

// keepSelected keeps the selected entry among those that a look has found, where it was
// among those before: it may be being made anew just then, or come back.
func (m *topModel) keepSelected(entries []qtbridge.Entry) []qtbridge.Entry {
	isSelected := func(e qtbridge.Entry) bool { return identity(&e) == m.selected }
	if m.selected == "" || m.chosen.State.Segment.File.Path == "" || slices.ContainsFunc(entries, isSelected) {
		return entries
	}
	before := max(slices.IndexFunc(m.entries, isSelected), 0)
	return slices.Insert(entries, min(before, len(entries)), gone(m.chosen))
}

// gone is an entry that there is nothing of any more but its name.
func gone(e qtbridge.Entry) qtbridge.Entry {
	left := qtbridge.Entry{Key: e.Key, Name: e.Name}
	left.State.Key, left.State.Verdict = e.State.Key, qtbridge.Free
	left.State.Segment.File.Path = e.State.Segment.File.Path
	left.State.Lock.File.Path = e.State.Lock.File.Path
	return left
}

func (m *topModel) removed(msg recoverMsg) {
	m.status = "nothing was left to remove"
	if len(msg.report.Actions) > 0 {
		m.status = "removed"
	}
	if msg.err != nil {
		m.status = "not removed: " + sentence(msg.err)
	}
}

// press does what a key means.
func (m *topModel) press(key tea.KeyPressMsg) tea.Cmd {
	if key.String() == "ctrl+c" {
		return tea.Quit
	}
	switch m.mode {
	case filtering:
		m.edit(key)
		return nil
	case asking:
		m.mode, m.status = browsing, ""
		if i := m.index(); key.String() == "y" && i >= 0 {
			return m.remove(m.shown[i])
		}
		return nil
	case helping:
		m.mode = browsing
		return nil
	case detailing:
		if m.turn(key.String()) {
			return nil
		}
	}
	m.status = ""
	switch key.String() {
	case "q":
		return tea.Quit
	case "up", "k":
		m.move(-1)
	case "down", "j":
		m.move(1)
	case "pgup":
		m.move(-m.rows())
	case "pgdown":
		m.move(m.rows())
	case "home":
		m.move(-len(m.shown))
	case "end":
		m.move(len(m.shown))
	case "enter":
		if m.index() >= 0 {
			m.mode, m.scroll = detailing, 0
		}
	case "v":
		m.preview.format = (m.preview.format + 1) % contentFormats
	case "r":
		m.reversed = !m.reversed
		m.arrange()
	case "s":
		m.sort = (m.sort + 1) % len(topOrders)
		m.arrange()
	case "/":
		m.mode = filtering
	case "f":
		m.pause()
	case "d":
		m.ask()
	case "?":
		m.mode = helping
	}
	return nil
}

// pause pauses, or goes on with what there is now.
func (m *topModel) pause() {
	m.paused = !m.paused
	if m.paused {
		return
	}
	m.rates.restart()
	if m.preview.feed != nil {
		m.preview.show(m.preview.feed.current())
	}
}

func (m *topModel) edit(key tea.KeyPressMsg) {
	switch key.String() {
	case "enter":
		m.mode = browsing
	case "esc":
		m.mode, m.filter = browsing, ""
	case "backspace":
		if letters := []rune(m.filter); len(letters) > 0 {
			m.filter = string(letters[:len(letters)-1])
		}
	default:
		m.filter += key.Text
	}
	m.arrange()
}

// ask asks whether to remove the selected one, if that is an orphan.
func (m *topModel) ask() {
	i := m.index()
	switch {
	case i < 0:
	case m.shown[i].State.Verdict != qtbridge.Orphaned:
		m.status = "not removed: it is " + m.shown[i].State.Verdict.String() + "; only what is orphaned is removed"
	default:
		m.mode = asking
		m.status = "y/n: remove the orphan " + entryName(&m.shown[i]) + ", with its content?"
	}
}

// index is where the selected entry is; -1 if there is none.
func (m *topModel) index() int {
	return slices.IndexFunc(m.shown, func(e qtbridge.Entry) bool { return identity(&e) == m.selected })
}

func (m *topModel) move(by int) {
	if len(m.shown) > 0 {
		m.choose(min(max(m.index()+by, 0), len(m.shown)-1))
	}
}

// choose selects one of those shown.
func (m *topModel) choose(i int) {
	m.chosen = m.shown[i]
	m.selected = identity(&m.chosen)
	m.preview.follow(m.ctx, m.selected, &m.chosen)
}

// topOrder is an order of the entries.
type topOrder struct {
	name string
	less func(a, b *qtbridge.Entry) int
}

var topOrders = []topOrder{
	{"name", func(a, b *qtbridge.Entry) int { return 0 }}, // as they come
	{"size", func(a, b *qtbridge.Entry) int { return cmp.Compare(b.State.Segment.Size, a.State.Segment.Size) }},
	{"attached", func(a, b *qtbridge.Entry) int { return cmp.Compare(b.State.Segment.Attached, a.State.Segment.Attached) }},
	{"age", func(a, b *qtbridge.Entry) int { return b.Made.Compare(a.Made) }},
	{"verdict", func(a, b *qtbridge.Entry) int { return cmp.Compare(b.State.Verdict, a.State.Verdict) }},
}

// arrange makes what is shown of what there is.
func (m *topModel) arrange() {
	m.shown = m.shown[:0:0]
	filter := strings.ToLower(m.filter)
	for _, e := range m.entries {
		if strings.Contains(strings.ToLower(shownName(&e)+" "+e.State.Verdict.String()), filter) {
			m.shown = append(m.shown, e)
		}
	}
	slices.SortStableFunc(m.shown, func(a, b qtbridge.Entry) int { return topOrders[m.sort].less(&a, &b) })
	if m.reversed {
		slices.Reverse(m.shown)
	}
	if len(m.shown) == 0 {
		m.selected = ""
		m.preview.stop()
		return
	}
	m.choose(max(m.index(), 0))
}
