package main

import (
	"fmt"
	"math"
	"strings"

	"qtinterop/internal/svg"
)

// Colours of the two sides.
const (
	goColor  = "#0b6fb8"
	cppColor = "#b3541e"
	grid     = "#e2e2e2"
)

// Sizes in pixels.
const (
	width      = 1080
	plotLeft   = 470
	plotRight  = 1040
	plotTop    = 80
	lineHeight = 30
)

func plotAll(s samples) error {
	for file, draw := range map[string]func(samples) *svg.Canvas{
		"docs/bench-ratio.svg": plotRatios, "docs/bench-latency.svg": plotLatencies, "docs/bench-growth.svg": plotGrowth,
	} {
		if err := draw(s).WriteFile(file); err != nil {
			return err
		}
	}
	return nil
}

// plain is a title without what Markdown makes of it.
func plain(title string) string { return strings.ReplaceAll(title, "`", "") }

// plotRatios has a line for each ratio, from the least to the most of all turns.
func plotRatios(s samples) *svg.Canvas {
	rows := append([]row{}, operationRows...)
	for _, r := range latencyRows {
		rows = append(rows, row{"Watch: " + r.title, r.name + " ratio"})
	}
	bottom := float64(plotTop + len(rows)*lineHeight)
	c := svg.New(width, int(bottom)+70, "Time in Go ÷ time in C++ with Qt")
	at := func(ratio float64) float64 { // from a half to eight, a power of two after the other
		share := (math.Log2(ratio) + 1) / 4
		return plotLeft + min(max(share, 0), 1)*(plotRight-plotLeft)
	}
	for _, ratio := range []float64{0.5, 1, 2, 4, 8} {
		color := grid
		if ratio == 1 {
			color = "#888888"
		}
		c.F(`<path d="M%.1f %dV%.1f" fill="none" stroke="%s"/>`, at(ratio), plotTop-10, bottom, color)
		c.Text(at(ratio), bottom+20, svg.Ink, `text-anchor="middle"`, fmt.Sprint(ratio))
	}
	for i, r := range rows {
		y, f := float64(plotTop+i*lineHeight+8), s.figure(r.name)
		c.Text(plotLeft-16, y+5, svg.Ink, `text-anchor="end"`, plain(r.title))
		c.F(`<path d="M%.1f %.1fH%.1f" fill="none" stroke="%s" stroke-width="3"/>`, at(f.Min), y, at(f.Max), goColor)
		c.F(`<circle cx="%.1f" cy="%.1f" r="5" fill="%s"/>`, at(f.Median), y, goColor)
		c.Haloed(at(f.Median), y-8, goColor, `font-size="12" text-anchor="middle"`, fmt.Sprintf("%.2f", f.Median))
	}
	c.Text(20, bottom+50, svg.Pale, "", fmt.Sprintf("● median of %d turns, with a line from the least to the most. Left of 1, Go is faster.", turns))
	return c
}

// plotLatencies has two lines for each row: from the 5th to the 95th percentile, the half
// in the middle thick, the median as a dot, the 99th percentile as a tick.
func plotLatencies(s samples) *svg.Canvas {
	var all []float64
	for _, r := range latencyRows {
		for _, side := range []string{"go", "c++"} {
			all = append(all, delay(s, r, side, 5), delay(s, r, side, 99))
		}
	}
	x := svg.NewLogAxis(all, plotLeft, plotRight)
	bottom := float64(plotTop + len(latencyRows)*2*lineHeight)
	c := svg.New(width, int(bottom)+90, "How late a reader has a message")
	for e := x.Lo; e <= x.Hi; e++ {
		at := x.At(math.Pow10(e))
		c.F(`<path d="M%.1f %dV%.1f" fill="none" stroke="%s"/>`, at, plotTop-10, bottom, grid)
		c.Text(at, bottom+20, svg.Ink, `text-anchor="middle"`, fmt.Sprintf("%g µs", math.Pow10(e)))
	}
	for i, r := range latencyRows {
		y := float64(plotTop + i*2*lineHeight + 12)
		c.Text(plotLeft-16, y+16, svg.Ink, `text-anchor="end"`, plain(r.title))
		for j, side := range []string{"c++", "go"} {
			color := []string{cppColor, goColor}[j]
			at := func(p int) float64 { return x.At(delay(s, r, side, p)) }
			y := y + float64(j)*22
			c.F(`<path d="M%.1f %.1fH%.1f" fill="none" stroke="%s" stroke-width="1.5"/>`, at(5), y, at(95), color)
			c.F(`<path d="M%.1f %.1fH%.1f" fill="none" stroke="%s" stroke-width="7" stroke-opacity="0.35"/>`, at(25), y, at(75), color)
			c.F(`<path d="M%.1f %.1fv8" fill="none" stroke="%s" stroke-width="1.5"/>`, at(99), y-4, color)
			c.F(`<circle cx="%.1f" cy="%.1f" r="4.5" fill="%s"/>`, at(50), y, color)
			c.Haloed(at(50), y-7, color, `font-size="12" text-anchor="middle"`, fmt.Sprintf("%.0f µs", delay(s, r, side, 50)))
		}
	}
	c.Text(20, bottom+50, svg.Pale, "", "● median, thick: the half in the middle, thin: 5th to 95th percentile, | 99th. Medians of all turns.")
	c.Text(20, bottom+70, cppColor, `font-weight="bold"`, "C++ with Qt")
	c.Text(120, bottom+70, goColor, `font-weight="bold"`, "Watch")
	return c
}

func delay(s samples, r latencyRow, side string, percentile int) float64 {
	return s.figure(fmt.Sprintf("%s %s-p%d-us", r.name, side, percentile)).Median
}

// plotGrowth has a panel for open segments, and one for goroutines.
func plotGrowth(s samples) *svg.Canvas {
	c := svg.New(width, 500, "How long an operation takes with many, ÷ with one")
	plotPanel(c, s, 70, "segments open in the process", handleRows)
	plotPanel(c, s, 590, "goroutines at once", goroutineRows)
	return c
}

const panelWidth, panelHeight, panelTop = 440, 330, 90

func plotPanel(c *svg.Canvas, s samples, left float64, what string, rows []growthRow) {
	most := 2.0
	for _, r := range rows {
		for i := range r.counts {
			most = max(most, math.Ceil(r.figure(s, i).Median))
		}
	}
	bottom := float64(panelTop + panelHeight)
	y := func(growth float64) float64 { return bottom - growth/most*panelHeight }
	last := float64(rows[0].counts[len(rows[0].counts)-1])
	x := func(n int) float64 { return left + math.Log10(float64(n))/math.Log10(last)*panelWidth }
	for growth := 0.0; growth <= most; growth++ {
		c.F(`<path d="M%.1f %.1fh%d" fill="none" stroke="%s"/>`, left, y(growth), panelWidth, grid)
		c.Text(left-8, y(growth)+4, svg.Ink, `text-anchor="end"`, fmt.Sprint(growth))
	}
	for _, n := range rows[0].counts {
		c.Text(x(n), bottom+20, svg.Ink, `text-anchor="middle"`, fmt.Sprint(n))
	}
	c.Text(left+panelWidth/2, bottom+42, svg.Ink, `text-anchor="middle"`, what)
	for i, r := range rows {
		color := []string{"#0b6fb8", "#b3541e", "#2e8b57", "#7a4fb0", "#8a6d00"}[i]
		var points []string
		for j, n := range r.counts {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(n), y(r.figure(s, j).Median)))
		}
		c.F(`<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), color)
		c.Text(left+10, bottom-12-float64(len(rows)-1-i)*18, color, "", "— "+r.title)
	}
}
