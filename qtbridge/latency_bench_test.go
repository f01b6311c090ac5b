//go:build cgo && linux

package qtbridge

import (
	"fmt"
	"testing"

	"qtinterop/internal/peertest"
)

// percentiles are what is told of how late a reader was.
var percentiles = []int{5, 25, 50, 75, 95, 99}

// How late Watch is beside the best reader in C++, and nothing else: what scripts/bench
// runs of BenchmarkWatch.
func BenchmarkLatency(b *testing.B) {
	for _, w := range stampWriters[:2] {
		for _, ours := range w.readers() {
			at, ok := named(w.readers(), ours.beside)
			if !ok {
				continue
			}
			for _, perSecond := range []int{100, 1000} {
				rate := stampRate{perSecond: perSecond}
				theirs := w.readers()[at]
				b.Run(fmt.Sprintf("%s/%s", theirs.cpp, rate.name()), func(b *testing.B) {
					compareReaders(b, w, [2]reader{ours, theirs}, rate)
				})
			}
		}
	}
}

// compareReaders measures a Watch and a reader in C++ in turns.
func compareReaders(b *testing.B, w stampWriter, readers [2]reader, rate stampRate) {
	env := peertest.New(b)
	peer := env.Verbs(6)
	d, _ := watchTime()
	var timings [2]timing
	for turn := 0; b.Loop(); turn++ {
		for i := range readers {
			i = (i + turn) % 2
			timings[i].add(measure(env, peer, w, readers[i], rate, d))
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, side := range []string{"go", "c++"} {
		if len(timings[i].delays) == 0 {
			b.Fatalf("%s saw nothing", readers[i].name)
		}
		for _, p := range percentiles {
			b.ReportMetric(timings[i].percentile(p), fmt.Sprintf("%s-p%d-us", side, p))
		}
		b.ReportMetric(timings[i].cpuPercent(), side+"-cpu-%")
		b.ReportMetric(timings[i].seenShare(), side+"-seen")
	}
	b.ReportMetric(timings[0].ratio(timings[1]), "ratio")
}
