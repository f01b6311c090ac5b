//go:build cgo && (linux || windows)

package datastream

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/native/nativetest"
)

// message is Message in native/nativetest/stream.cpp.
type message struct {
	ID    int32
	Time  int64
	Flags uint32
	On    bool
	Value float64
	Limit float32
	Place PointF
	Name  string
	Raw   []byte
	Text  string
}

func messageOf(size int) *message {
	return &message{7, 1700000000000, 0xF0, true, 20.5, 250, PointF{1.5, -2}, "oven", bytes.Repeat([]byte("r"), 16), strings.Repeat("x", size)}
}

func doubles(size int) *map[string]float64 {
	m := map[string]float64{}
	for i := range size {
		m[fmt.Sprintf("key number %d", i)] = float64(i) / 2
	}
	return &m
}

func variants(size int) *any {
	m := map[string]any{}
	for i := range size {
		key := fmt.Sprintf("key number %d", i)
		m[key] = key
		if i%2 == 0 {
			m[key] = float64(i) / 2
		}
	}
	var value any = m
	return &value
}

// BenchmarkMessage is a message in Go and in C++ with Qt, in turns, in one process. What
// counts is the ratio of the two in one turn, of which the median is reported.
func BenchmarkMessage(b *testing.B) {
	b.Run("10 fields of 166 bytes", func(b *testing.B) { both(b, nativetest.StreamMessage, 20, messageOf(20)) })
	b.Run("10 fields of 2 KiB", func(b *testing.B) { both(b, nativetest.StreamMessage, 1000, messageOf(1000)) })
	b.Run("map of 1000", func(b *testing.B) { both(b, nativetest.StreamDoubles, 1000, doubles(1000)) })
	b.Run("QVariantMap of 1000", func(b *testing.B) { both(b, nativetest.StreamVariants, 1000, variants(1000)) })
}

func both[T any](b *testing.B, what, size int, value *T) {
	_, byQt, err := nativetest.LoopStream(1, what, size, false)
	require.NoError(b, err)
	data, err := Marshal(Options{}, value)
	require.NoError(b, err)
	require.Equal(b, byQt, data)
	b.Run("marshal", func(b *testing.B) {
		inTurns(b, what, size, len(data), false, func() error { _, err := Marshal(Options{}, value); return err })
	})
	b.Run("encode", func(b *testing.B) {
		e := NewEncoder(io.Discard, Options{})
		inTurns(b, what, size, len(data), false, func() error { return e.Encode(value) })
	})
	b.Run("unmarshal", func(b *testing.B) {
		inTurns(b, what, size, len(data), true, func() error { var v T; return Unmarshal(data, Options{}, &v) })
	})
	b.Run("unmarshal into the same", func(b *testing.B) {
		var v T
		inTurns(b, what, size, len(data), true, func() error { return Unmarshal(data, Options{}, &v) })
	})
}

func inTurns(b *testing.B, what, size, length int, read bool, round func() error) {
	b.ReportAllocs()
	rounds := max(1, 8_000_000/length)
	var ratios, inGo, inCpp []float64
	for b.Loop() {
		start := time.Now()
		for range rounds {
			if err := round(); err != nil {
				b.Fatal(err)
			}
		}
		ours := time.Since(start)
		qts, _, err := nativetest.LoopStream(rounds, what, size, read)
		require.NoError(b, err)
		ratios = append(ratios, float64(ours)/float64(qts))
		inGo = append(inGo, float64(ours)/float64(rounds))
		inCpp = append(inCpp, float64(qts)/float64(rounds))
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(inGo), "go-ns")
	b.ReportMetric(median(inCpp), "c++-ns")
	b.ReportMetric(0, "ns/op")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
