//go:build cgo && linux

package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// BenchmarkGet runs qtshm get and the smallest Qt program that does the same, as
// whole processes, in turns. It reports the median of each and of the ratio.
func BenchmarkGet(b *testing.B) {
	e := peertest.New(b)
	_, running := qtbridge.QtVersion()
	qt := int(running[0] - '0')
	key := e.Name()
	segmentOf(e, qt, key, []byte("id-4711"))
	qtget := strings.Replace(peertest.Path(b, qt), "testpeer-qt", "qtget-qt", 1)
	require.FileExists(b, qtget, "run scripts/build-testpeer")

	var ours, theirs, ratios []float64
	for turn := 0; b.Loop(); turn++ {
		var g, c time.Duration
		if turn%2 == 0 {
			g, c = timeOf(b, binary, "get", key), timeOf(b, qtget, key)
		} else {
			c, g = timeOf(b, qtget, key), timeOf(b, binary, "get", key)
		}
		ours, theirs = append(ours, g.Seconds()*1e3), append(theirs, c.Seconds()*1e3)
		ratios = append(ratios, float64(g)/float64(c))
	}
	b.ReportMetric(median(ours), "go-ms")
	b.ReportMetric(median(theirs), "c++-ms")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(0, "ns/op")
}

func timeOf(b *testing.B, program string, args ...string) time.Duration {
	b.Helper()
	start := time.Now()
	output, err := exec.Command(program, args...).Output()
	took := time.Since(start)
	require.NoError(b, err, filepath.Base(program))
	require.Equal(b, "id-4711", string(output))
	return took
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
