//go:build cgo && (linux || windows)

package qtbridge

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// plotRate is the rate that is drawn, beside idle.
const plotRate = 100

// watchPlotter draws how late readers are against what they cost: a panel for each
// writer.
type watchPlotter struct {
	marks map[string]plotMarks // by the writer's name
	idle  map[string]float64   // CPU by the writer's and the reader's
	turns int
	svg   strings.Builder
}

// plotMark is one reader.
type plotMark struct {
	reader
	timing
}

type plotMarks []plotMark

// nearest returns the one whose delay is most like that of m: of a poller for one
// of ours, one of ours for a poller.
func (marks plotMarks) nearest(m plotMark) plotMark {
	distance := func(other plotMark) float64 {
		if (other.interval == 0) == (m.interval == 0) {
			return math.Inf(1)
		}
		return math.Abs(math.Log(other.percentile(50) / m.percentile(50)))
	}
	return slices.MinFunc(marks, func(a, b plotMark) int { return cmp.Compare(distance(a), distance(b)) })
}

func byLength(a, b string) int { return cmp.Compare(len(a), len(b)) }

func newWatchPlotter() *watchPlotter {
	_, turns := watchTime()
	return &watchPlotter{marks: make(map[string]plotMarks), idle: make(map[string]float64), turns: turns}
}

func (p *watchPlotter) add(w stampWriter, r reader, rate stampRate, s timing) {
	switch {
	case rate.perSecond == 0:
		p.idle[w.name+r.name] = s.cpuPercent()
	case rate.perSecond == plotRate && len(s.delays) > 0:
		p.marks[w.name] = append(p.marks[w.name], plotMark{r, s})
	}
}

// tolerance is how far beyond the axis a value may be, which is drawn at its end,
// in powers of ten.
const tolerance = 0.03

// margin is what must be left below the least value, in powers of ten.
const margin = 0.15

// logAxis maps 10^lo to 10^hi to pixels.
type logAxis struct {
	lo, hi   int
	from, to float64
}

func newLogAxis(values []float64, from, to float64) logAxis {
	lo := math.Floor(math.Log10(slices.Min(values)) - margin)
	hi := math.Ceil(math.Log10(slices.Max(values)) - tolerance)
	return logAxis{int(lo), max(int(hi), int(lo)+1), from, to}
}

func (a logAxis) at(value float64) float64 {
	share := (math.Log10(value) - float64(a.lo)) / float64(a.hi-a.lo)
	return a.from + min(max(share, 0), 1)*(a.to-a.from)
}

// Sizes in pixels.
const (
	plotWidth, plotHeight   = 1080, 575
	panelWidth, panelHeight = 300, 340
	panelLeft, panelTop     = 90, 106
	panelGap                = 30
)

// plotFont is what most systems have one of.
const plotFont = "DejaVu Sans, Verdana, Arial, Helvetica, sans-serif"

// leastCPU keeps what was too little to be counted on the axis, in percent.
const leastCPU = 0.001

func (p *watchPlotter) write(t testing.TB, file string) {
	t.Helper()
	if len(p.marks) < len(stampWriters) || len(p.idle) == 0 {
		t.Fatalf("-watch.plot needs all of BenchmarkWatch that is idle or at %d a second", plotRate)
	}
	x, y := p.axes()
	p.head(t)
	for i, w := range stampWriters {
		x := x
		x.from = float64(panelLeft + i*(panelWidth+panelGap))
		x.to = x.from + panelWidth
		p.frame(w, x, y, i == 0)
		for _, m := range p.marks[w.name] {
			p.name(m, p.marks[w.name], x, y)
		}
		for _, m := range p.marks[w.name] {
			p.mark(w, m, x, y)
		}
	}
	p.foot()
	require.NoError(t, os.WriteFile(file, []byte(p.svg.String()), 0o644))
}

// axes returns axes that hold all there is.
func (p *watchPlotter) axes() (x, y logAxis) {
	cpus, delays := []float64{}, []float64{}
	for cpu := range maps.Values(p.idle) {
		cpus = append(cpus, max(cpu, leastCPU))
	}
	for _, marks := range p.marks {
		for _, m := range marks {
			cpus = append(cpus, max(m.cpuPercent(), leastCPU))
			delays = append(delays, m.percentile(50), m.percentile(99))
		}
	}
	return newLogAxis(cpus, 0, 0), newLogAxis(delays, panelTop+panelHeight, panelTop)
}

func (p *watchPlotter) f(format string, args ...any) { fmt.Fprintf(&p.svg, format+"\n", args...) }

// Colours of text.
const (
	ink  = "#222222"
	pale = "#555555"
)

// text writes with nothing but attributes of its own, as not every renderer knows
// style sheets, or what is inherited.
func (p *watchPlotter) text(x, y float64, color, more, text string) {
	if !strings.Contains(more, "font-size") {
		more = strings.TrimSpace(`font-size="13" ` + more)
	}
	p.f(`<text x="%.1f" y="%.1f" fill="%s" font-family="%s" %s>%s</text>`, x, y, color, plotFont, more, text)
}

// haloed writes on white, so that lines below do not cross the letters: twice, as
// renderers without paint-order would put the white above them.
func (p *watchPlotter) haloed(x, y float64, color, more, text string) {
	p.text(x, y, "#ffffff", more+` stroke="#ffffff" stroke-width="3" stroke-linejoin="round"`, text)
	p.text(x, y, color, more, text)
}

// head draws the background, so that it does not matter on what, and the title.
func (p *watchPlotter) head(t testing.TB) {
	p.f(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d">`, plotWidth, plotHeight)
	p.f(`<title>How late a reader has a message, and what that costs</title>`)
	p.f(`<rect x="0" y="0" width="%d" height="%d" fill="#ffffff"/>`, plotWidth, plotHeight)
	p.text(20, 32, ink, `font-size="19" font-weight="bold"`, "How late a reader has a message, and what that costs")
	env := peertest.New(t)
	p.text(20, 54, pale, "", fmt.Sprintf(
		"A Qt %s program changes a segment %d times a second. Watch: Go on Qt %s. Pollers: a Qt %s program that attaches and reads on a timer.",
		env.Verbs(6).Do("hello", "", nil).QtVersion, plotRate, native.VersionRunning(),
		env.Verbs(pollerQt).Do("hello", "", nil).QtVersion))
}

func (p *watchPlotter) frame(w stampWriter, x, y logAxis, hasScale bool) {
	p.text(x.from, panelTop-14, ink, `font-weight="bold"`, w.name+": "+w.does)
	for e := x.lo; e <= x.hi; e++ {
		at := x.at(math.Pow10(e))
		p.f(`<path d="M%.1f %dv%d" fill="none" stroke="#e2e2e2"/>`, at, panelTop, panelHeight)
		p.text(at, panelTop+panelHeight+18, ink, `text-anchor="middle"`, fmt.Sprintf("%g", math.Pow10(e)))
	}
	for e := y.lo; e <= y.hi; e++ {
		at := y.at(math.Pow10(e))
		p.f(`<path d="M%.1f %.1fh%d" fill="none" stroke="#e2e2e2"/>`, x.from, at, panelWidth)
		if hasScale {
			p.text(x.from-8, at+4, ink, `text-anchor="end"`, microseconds(e))
		}
	}
	p.f(`<rect x="%.1f" y="%d" width="%d" height="%d" fill="none" stroke="#888888"/>`, x.from, panelTop, panelWidth, panelHeight)
	p.text((x.from+x.to)/2, panelTop+panelHeight+38, ink, `text-anchor="middle"`, "CPU of the reader, % of one core")
	if hasScale {
		middle := panelTop + panelHeight/2
		p.text(20, float64(middle), ink, fmt.Sprintf(`transform="rotate(-90 20 %d)" text-anchor="middle"`, middle),
			"Delay until it has the message or a later one")
	}
}

// microseconds is 10^exponent of them.
func microseconds(exponent int) string {
	switch {
	case exponent < 3:
		return fmt.Sprintf("%g µs", math.Pow10(exponent))
	case exponent < 6:
		return fmt.Sprintf("%g ms", math.Pow10(exponent-3))
	}
	return fmt.Sprintf("%g s", math.Pow10(exponent-6))
}

func (p *watchPlotter) mark(w stampWriter, m plotMark, x, y logAxis) {
	color := m.color()
	atX, atY, atP99 := x.at(max(m.cpuPercent(), leastCPU)), y.at(m.percentile(50)), y.at(m.percentile(99))
	if cpu, ok := p.idle[w.name+m.name]; ok {
		idleX := x.at(max(cpu, leastCPU))
		p.f(`<path d="M%.1f %.1fH%.1f" fill="none" stroke="%s" stroke-dasharray="2 3"/>`, idleX, atY, atX, color)
		p.f(`<circle cx="%.1f" cy="%.1f" r="4" fill="#ffffff" stroke="%s" stroke-width="1.5"/>`, idleX, atY, color)
	}
	p.f(`<path d="M%.1f %.1fV%.1fm-4 0h8" fill="none" stroke="%s" stroke-width="1.5"/>`, atX, atY, atP99, color)
	p.f(`<circle cx="%.1f" cy="%.1f" r="5" fill="%s"/>`, atX, atY, color)
}

// name writes what a mark is: on the side where there is room, below it, or above
// it where the nearest of the others is below.
func (p *watchPlotter) name(m plotMark, others plotMarks, x, y logAxis) {
	const letter, line = 6.6, 13 // pixels, more or less
	label := m.label()
	atX, atY := x.at(max(m.cpuPercent(), leastCPU)), y.at(m.percentile(50))
	anchor, dx, dy := "start", 12.0, 13.0
	if m.interval == 0 {
		label, dy = []string{strings.Join(label, ": ")}, 16
	}
	if other := others.nearest(m); other.percentile(50) < m.percentile(50) {
		dy = -7 - float64((len(label)-1)*line)
	}
	if atX+dx+letter*float64(len(slices.MaxFunc(label, byLength))) > x.to {
		anchor, dx = "end", -12
	}
	for i, text := range label {
		p.haloed(atX+dx, atY+dy+float64(i*line), m.color(), fmt.Sprintf(`font-size="12" text-anchor="%s"`, anchor), text)
	}
}

func (m plotMark) color() string {
	if m.interval == 0 {
		return "#0b6fb8"
	}
	return "#b3541e"
}

// label is who the mark is and what it shows.
func (m plotMark) label() []string {
	delay := fmt.Sprintf("%.0f µs", m.percentile(50))
	if m.percentile(50) >= 1000 {
		delay = fmt.Sprintf("%.1f ms", m.percentile(50)/1000)
	}
	if m.seenShare() < 0.995 {
		delay += fmt.Sprintf(", %.0f %% seen", 100*m.seenShare())
	}
	return []string{strings.ReplaceAll(m.name, "-", " "), delay}
}

// foot draws what the marks mean.
func (p *watchPlotter) foot() {
	n := 0
	for _, marks := range p.marks {
		for _, m := range marks {
			n = max(n, m.written)
		}
	}
	for i, line := range []string{
		fmt.Sprintf("● median at %d changes a second, with a line up to the 99th percentile; ○ CPU of the same reader while nothing changes.", plotRate),
		"“% seen”: part of the messages that the reader had before the next one replaced them, where not all.",
		fmt.Sprintf("Up to %d messages and %d turns for each mark; each reader is a process of its own. Watch stay: WatchOptions.Stay; in c with Poll 1 ms.", n, p.turns),
	} {
		p.text(20, float64(plotHeight-58+20*i), pale, "", line)
	}
	p.f(`</svg>`)
}

// What the plot is made of every renderer knows: Qt's has no paint-order, and takes
// 100 % for 100 pixels.
func TestPlotIsPlain(t *testing.T) {
	svg, err := os.ReadFile("../docs/watch.svg")
	require.NoError(t, err)
	require.NotRegexp(t, `paint-order|style|class=|%"|currentColor|var\(`, string(svg))
	texts := 0
	for line := range strings.Lines(string(svg)) {
		if strings.HasPrefix(line, "<text") {
			texts++
			require.Regexp(t, `fill="#[0-9a-f]{6}" font-family=".*, sans-serif" font-size="`, line)
		}
	}
	require.Positive(t, texts)
}
