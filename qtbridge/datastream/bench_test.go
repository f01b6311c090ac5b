//go:build cgo && (linux || windows)

package datastream

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"qtinterop/native/nativetest"
)

// BenchmarkMap is a QMap<QString, double> of 1,000 elements, and how many times as long as
// C++ with Qt it takes.
func BenchmarkMap(b *testing.B) {
	const entries = 1000
	m := map[string]float64{}
	for i := range entries {
		m[fmt.Sprintf("key number %d", i)] = float64(i) / 2
	}
	data, err := Marshal(Options{}, m)
	require.NoError(b, err)
	ratio := func(b *testing.B, read bool, round func() error) {
		b.ReportAllocs()
		for b.Loop() {
			if err := round(); err != nil {
				b.Fatal(err)
			}
		}
		byQt, err := nativetest.StreamMap(b.N, entries, read)
		require.NoError(b, err)
		b.ReportMetric(float64(b.Elapsed())/float64(byQt), "times-C++")
	}
	b.Run("marshal", func(b *testing.B) {
		ratio(b, false, func() error { _, err := Marshal(Options{}, m); return err })
	})
	b.Run("unmarshal", func(b *testing.B) {
		ratio(b, true, func() error { var m map[string]float64; return Unmarshal(data, Options{}, &m) })
	})
}
