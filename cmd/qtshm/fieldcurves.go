package main

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"qtinterop/qtbridge/layout"
)

// fieldCurves are how the numbers of a struct have gone, in the content that top follows.
type fieldCurves struct {
	layout *layout.Layout // nil without --format
	names  []string
	values map[string][]float64 // the last of each, the oldest first
	err    error                // why the latest content is none
}

// maxCurve is how many values are kept.
const maxCurve = 200

// restarted is for another segment.
func (c *fieldCurves) restarted() fieldCurves { return fieldCurves{layout: c.layout} }

// take adds the numbers of a content.
func (c *fieldCurves) take(data []byte) {
	if c.layout == nil {
		return
	}
	record, err := c.layout.Decode(data)
	if c.err = err; err != nil {
		return
	}
	if c.values == nil {
		c.values = map[string][]float64{}
	}
	for _, field := range record {
		number, ok := numberIn(field.Value)
		if !ok {
			continue
		}
		old, known := c.values[field.Name]
		if !known {
			c.names = append(c.names, field.Name)
		}
		c.values[field.Name] = append(old[max(0, len(old)+1-maxCurve):], number)
	}
}

// numberIn is the number that a field has, if it is one.
func numberIn(value any) (float64, bool) {
	v := reflect.ValueOf(value)
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	}
	return 0, false
}

// lines are a line for each field: its name, its value and its curve.
func (c *fieldCurves) lines(width int) []string {
	if c.err != nil {
		return wrapped("("+sentence(c.err)+")", width)
	}
	var lines []string
	for _, name := range c.names {
		values := c.values[name]
		start := fmt.Sprintf("%-15s %-12.6g ", cut(name, 15), values[len(values)-1])
		room := max(0, width-len([]rune(start)))
		lines = append(lines, cut(start, max(width, 1))+sparkline(values[max(0, len(values)-room):]))
	}
	return lines
}

// sparkline has a bar for each value, from the lowest to the highest of them.
func sparkline(values []float64) string {
	const bars = "▁▂▃▄▅▆▇█"
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	var line strings.Builder
	for _, v := range values {
		level := 0
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			line.WriteByte(' ')
			continue
		case high > low:
			level = int(math.Round(7 * ((v/2 - low/2) / (high/2 - low/2))))
		}
		line.WriteRune([]rune(bars)[min(max(level, 0), 7)])
	}
	return line.String()
}
