package main

import (
	numbers "encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/qtbridge/layout"
)

func TestSparkline(t *testing.T) {
	assert.Equal(t, "▁▂▃▄▅▆▇█", sparkline([]float64{0, 1, 2, 3, 4, 5, 6, 7}))
	assert.Equal(t, "▁▁", sparkline([]float64{5, 5}))
	assert.Equal(t, "█ ▁ ", sparkline([]float64{1, math.NaN(), -1, math.Inf(1)}))
	assert.Equal(t, "▁█", sparkline([]float64{-math.MaxFloat64, math.MaxFloat64})[:6])
	assert.Empty(t, sparkline(nil))
}

func TestFieldCurves(t *testing.T) {
	l, err := layout.Parse("u32 n; char[4] name; f32 x", layout.Options{})
	require.NoError(t, err)
	c := fieldCurves{layout: l}
	for i := range 300 {
		data := numbers.LittleEndian.AppendUint32(nil, uint32(i))
		c.take(append(data, "abc\x00\x00\x00\x80?more"...))
	}
	assert.Len(t, c.values["n"], maxCurve)
	assert.Equal(t, []string{"n               299          ▁█", "x               1            ▁▁"}, c.lines(31))
	assert.LessOrEqual(t, len([]rune(c.lines(10)[0])), 10)
	c.take([]byte("ab"))
	assert.Contains(t, c.lines(200)[0], "the data is too short")
}
