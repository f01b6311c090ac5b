//go:build cgo && (linux || windows)

package qtbridge

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/internal/svg"
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
	*svg.Canvas
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
		if other.isWatch() == m.isWatch() {
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

// Sizes in pixels.
const (
	plotWidth, plotHeight   = 1080, 575
	panelWidth, panelHeight = 300, 340
	panelLeft, panelTop     = 90, 106
	panelGap                = 30
)

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
		x.From = float64(panelLeft + i*(panelWidth+panelGap))
		x.To = x.From + panelWidth
		p.frame(w, x, y, i == 0)
		for _, m := range p.marks[w.name] {
			p.name(m, p.marks[w.name], x, y)
		}
		for _, m := range p.marks[w.name] {
			p.mark(w, m, x, y)
		}
	}
	p.foot()
	require.NoError(t, p.WriteFile(file))
}

// axes returns axes that hold all there is.
func (p *watchPlotter) axes() (x, y svg.LogAxis) {
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
	return svg.NewLogAxis(cpus, 0, 0), svg.NewLogAxis(delays, panelTop+panelHeight, panelTop)
}

// head says what is drawn.
func (p *watchPlotter) head(t testing.TB) {
	p.Canvas = svg.New(plotWidth, plotHeight, "How late a reader has a message, and what that costs")
	env := peertest.New(t)
	p.Text(20, 54, svg.Pale, "", fmt.Sprintf(
		"A Qt %s program changes a segment %d times a second. Watch: Go on Qt %s. Pollers: a Qt %s program that attaches and reads on a timer.",
		env.Verbs(6).Do("hello", "", nil).QtVersion, plotRate, native.VersionRunning(),
		env.Verbs(pollerQt).Do("hello", "", nil).QtVersion))
}

func (p *watchPlotter) frame(w stampWriter, x, y svg.LogAxis, hasScale bool) {
	p.Text(x.From, panelTop-14, svg.Ink, `font-weight="bold"`, w.name+": "+w.does)
	for e := x.Lo; e <= x.Hi; e++ {
		at := x.At(math.Pow10(e))
		p.F(`<path d="M%.1f %dv%d" fill="none" stroke="#e2e2e2"/>`, at, panelTop, panelHeight)
		p.Text(at, panelTop+panelHeight+18, svg.Ink, `text-anchor="middle"`, fmt.Sprintf("%g", math.Pow10(e)))
	}
	for e := y.Lo; e <= y.Hi; e++ {
		at := y.At(math.Pow10(e))
		p.F(`<path d="M%.1f %.1fh%d" fill="none" stroke="#e2e2e2"/>`, x.From, at, panelWidth)
		if hasScale {
			p.Text(x.From-8, at+4, svg.Ink, `text-anchor="end"`, microseconds(e))
		}
	}
	p.F(`<rect x="%.1f" y="%d" width="%d" height="%d" fill="none" stroke="#888888"/>`, x.From, panelTop, panelWidth, panelHeight)
	p.Text((x.From+x.To)/2, panelTop+panelHeight+38, svg.Ink, `text-anchor="middle"`, "CPU of the reader, % of one core")
	if hasScale {
		middle := panelTop + panelHeight/2
		p.Text(20, float64(middle), svg.Ink, fmt.Sprintf(`transform="rotate(-90 20 %d)" text-anchor="middle"`, middle),
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

func (p *watchPlotter) mark(w stampWriter, m plotMark, x, y svg.LogAxis) {
	color := m.color()
	atX, atY, atP99 := x.At(max(m.cpuPercent(), leastCPU)), y.At(m.percentile(50)), y.At(m.percentile(99))
	if cpu, ok := p.idle[w.name+m.name]; ok {
		idleX := x.At(max(cpu, leastCPU))
		p.F(`<path d="M%.1f %.1fH%.1f" fill="none" stroke="%s" stroke-dasharray="2 3"/>`, idleX, atY, atX, color)
		p.F(`<circle cx="%.1f" cy="%.1f" r="4" fill="#ffffff" stroke="%s" stroke-width="1.5"/>`, idleX, atY, color)
	}
	p.F(`<path d="M%.1f %.1fV%.1fm-4 0h8" fill="none" stroke="%s" stroke-width="1.5"/>`, atX, atY, atP99, color)
	p.F(`<circle cx="%.1f" cy="%.1f" r="5" fill="%s"/>`, atX, atY, color)
}

// name writes what a mark is: on the side where there is room, below it, or above
// it where the nearest of the others is below.
func (p *watchPlotter) name(m plotMark, others plotMarks, x, y svg.LogAxis) {
	const letter, line = 6.6, 13 // pixels, more or less
	label := m.label()
	atX, atY := x.At(max(m.cpuPercent(), leastCPU)), y.At(m.percentile(50))
	anchor, dx, dy := "start", 12.0, 13.0
	if m.isWatch() {
		label, dy = []string{strings.Join(label, ": ")}, 16
	}
	if other := others.nearest(m); other.percentile(50) < m.percentile(50) {
		dy = -7 - float64((len(label)-1)*line)
	}
	if atX+dx+letter*float64(len(slices.MaxFunc(label, byLength))) > x.To {
		anchor, dx = "end", -12
	}
	for i, text := range label {
		p.Haloed(atX+dx, atY+dy+float64(i*line), m.color(), fmt.Sprintf(`font-size="12" text-anchor="%s"`, anchor), text)
	}
}

func (m plotMark) color() string {
	if m.isWatch() {
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
		p.Text(20, float64(plotHeight-58+20*i), svg.Pale, "", line)
	}
}

// What the plot is made of every renderer knows: Qt's has no paint-order, and takes
// 100 % for 100 pixels.
func TestPlotIsPlain(t *testing.T) {
	files, err := filepath.Glob("../docs/*.svg")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		picture, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, `paint-order|style|class=|%"|currentColor|var\(`, string(picture), file)
		texts := 0
		for line := range strings.Lines(string(picture)) {
			if strings.HasPrefix(line, "<text") {
				texts++
				require.Regexp(t, `fill="#[0-9a-f]{6}" font-family=".*, sans-serif" font-size="`, line)
			}
		}
		require.Positive(t, texts, file)
	}
}
