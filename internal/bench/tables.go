package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// tables is what a full run says in words and figures.
type tables struct {
	samples
	text  strings.Builder
	noisy int // how many rows say that they are
}

func (t *tables) f(format string, args ...any) { fmt.Fprintf(&t.text, format+"\n", args...) }

// head begins a table.
func (t *tables) head(title, explanation string, columns ...string) {
	t.f("\n### %s\n\n%s\n", title, explanation)
	t.f("| %s |\n|%s", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

// row writes one, with what its figures say of the machine: those are believed or not.
func (t *tables) row(title string, noisy bool, cells ...string) {
	if noisy {
		title += " **too noisy**"
		t.noisy++
	}
	t.f("| %s | %s |", title, strings.Join(cells, " | "))
}

// ratio is the median with the least and the most of all turns.
func (f figure) ratio() string {
	return fmt.Sprintf("%.2f (%.2f–%.2f)", f.Median, f.Min, f.Max)
}

// short has three digits.
func short(value float64) string {
	if value >= 1000 {
		return fmt.Sprintf("%.0f", math.Round(value))
	}
	return fmt.Sprintf("%.3g", value)
}

func (f figure) String() string {
	return fmt.Sprintf("%s (%s–%s)", short(f.Median), short(f.Min), short(f.Max))
}

func (t *tables) write(m machine, load string, took time.Duration) {
	t.f("\nMeasured by `scripts/bench` in %d turns (builds %d) and %.1f minutes on %s; load at the beginning %s. Figures are medians of the turns, with least and most in parentheses. A row whose turns are more than %.0f %% apart, but for a fifth of them at each end, is called too noisy.",
		turns, buildTurns, took.Minutes(), m, load, noisyFrom*100)
	t.operations()
	t.latencies()
	t.messages()
	t.frames()
	t.growths()
	t.builds()
	t.f("")
}

func (t *tables) operations() {
	t.head("Operations", "Time in Go divided by that of the same loop in C++ with Qt, in the same process and in turns; start-up is of whole processes.\n\n![Ratios to C++](bench-ratio.svg)",
		"", "Go ÷ C++")
	for _, r := range operationRows {
		f := t.figure(r.name)
		t.row(r.title, f.Noisy, f.ratio())
	}
	t.f("\nA lock that a Go and a Qt process want all the time changes hands %s times as often per second as one between two Qt processes.", t.figure("Handover ratio").ratio())
}

func (t *tables) latencies() {
	t.head("Being told of a change", "From the write of a Qt program until a reader of its own process has the message, in µs: the best reader in C++ (`cpp/bench/qtreader`) and `Watch` beside the same writer, in turns. A reader in C++ has a message once it is copied.\n\n![How late readers are](bench-latency.svg)",
		"", "C++ p50", "`Watch` p50", "C++ p99", "`Watch` p99", "p50, `Watch` ÷ C++", "CPU of a core: C++", "`Watch`")
	for _, r := range latencyRows {
		f := t.figure(r.name + " ratio")
		median := func(unit string) string { return short(t.figure(r.name + " " + unit).Median) }
		t.row(r.title, f.Noisy, median("c++-p50-us"), median("go-p50-us"), median("c++-p99-us"), median("go-p99-us"), f.ratio(),
			median("c++-cpu-%")+" %", median("go-cpu-%")+" %")
	}
}

func (t *tables) messages() {
	t.head("Messages between two processes", "As many as they can, one after the other, by a segment with its lock and two semaphores: how many a second, the median time from before the sender's lock until the receiver has copied, and the time for each message divided by that of Qt to Qt.",
		"", "", "a second", "latency, µs", "÷ Qt to Qt")
	for _, size := range messageSizes {
		for _, pair := range messagePairs {
			name := "Messages/" + size.name + " " + pair.name
			rate, ratio := t.figure(name+"/s"), t.figure(name+"-ratio")
			cell := "1"
			if ratio.Median > 0 {
				cell = ratio.ratio()
			}
			t.row(size.title, rate.Noisy || ratio.Noisy, pair.title, rate.String(), short(t.figure(name+"-us").Median), cell)
		}
	}
}

func (t *tables) frames() {
	t.head("Large frames", "33 MB, written under the lock 30 times a second for 4 seconds by a Qt program that counts its frames and its longest wait for the lock; one reader at a time.",
		"reader", "frames seen", "torn", "frames of the writer", "its longest wait, ms", "CPU, s", "peak memory, MB")
	for _, r := range frameRows {
		of := func(unit string) figure { return t.figure("Frames/" + r.name + " " + unit) }
		t.row(r.title, of("cpu-ms").Noisy, of("seen").String(), short(of("torn").Max), of("frames").String(), of("longest-ms").String(),
			fmt.Sprintf("%.2f", of("cpu-ms").Median/1000), short(of("peak-MB").Median))
	}
}

func (t *tables) growths() {
	t.growth("Open segments", "An operation on one segment while the process has so many open, in ns, and in relation to one. Beside it loops in C++ in the same process: the last column is the growth in Go divided by that in C++.\n\n![Growth](bench-growth.svg)",
		handleRows)
	t.growth("Goroutines", "The same number of operations on one segment, shared among so many goroutines: ns for each. One alone finds nobody in its way, two or more wait for each other.",
		goroutineRows)
}

func (t *tables) growth(title, explanation string, rows []growthRow) {
	columns := []string{""}
	for i, n := range rows[0].counts {
		columns = append(columns, fmt.Sprintf("%d, ns", n))
		if i > 0 {
			columns = append(columns, fmt.Sprintf("%d ÷ 1", n))
		}
	}
	last := len(rows[0].counts) - 1
	if rows[0].beside != "" {
		columns = append(columns, fmt.Sprintf("%d ÷ 1, ÷ C++", rows[0].counts[last]))
	}
	t.head(title, explanation, columns...)
	for _, r := range rows {
		var cells []string
		noisy := false
		for i, n := range r.counts {
			cells = append(cells, short(t.figure(fmt.Sprintf("%s x%d-ns", r.name, n)).Median))
			if i > 0 {
				f := r.figure(t.samples, i)
				noisy = noisy || f.Noisy
				cells = append(cells, fmt.Sprintf("%.2f", f.Median))
			}
		}
		if rows[0].beside != "" {
			cells = append(cells, r.besideCpp(t.samples, last))
		}
		t.row(r.title, noisy, cells...)
	}
}

// figure is how many times as long it takes with the i-th count as with the first.
func (r growthRow) figure(s samples, i int) figure {
	return s.figure(fmt.Sprintf("%s x%d-growth", r.name, r.counts[i]))
}

// besideCpp is the growth in relation to that of the same in C++.
func (r growthRow) besideCpp(s samples, i int) string {
	if r.beside == "" {
		return ""
	}
	theirs := growthRow{name: r.beside, counts: r.counts}
	return fmt.Sprintf("%.2f", r.figure(s, i).Median/theirs.figure(s, i).Median)
}

func (t *tables) builds() {
	t.head("Building", "A program of five lines without the library, and one with it. The first builds what it needs of Go's own packages as well; the second finds those built.",
		"", "seconds", "program, MB")
	for _, r := range []row{{"without", "plain"}, {"with, first build", "importing"}, {"with, after a change", "again"}} {
		f := t.figure("Build/" + r.name + " s")
		t.row(r.title, f.Noisy, f.String(), short(t.figure("Build/"+r.name+" MB").Median))
	}
}
