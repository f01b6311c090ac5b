package main

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// noisyFrom is the spread from which on a value is not believed. It is what a quick run
// would call worse.
const noisyFrom = 0.25

// samples are what was measured, one for each turn, by the name of the benchmark and the
// unit: "LockUnlock ratio".
type samples map[string][]float64

// processors is what the go command puts after the name of a benchmark.
var processors = regexp.MustCompile(`-\d+$`)

// parse takes in the output of benchmarks.
func (s samples) parse(output []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(output))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return fmt.Errorf("%q: %w", lines.Text(), err)
			}
			s.add(name+" "+fields[i+1], value)
		}
	}
	return lines.Err()
}

func (s samples) add(name string, value float64) { s[name] = append(s[name], value) }

// figure is a value of some turns.
type figure struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
	Noisy  bool    `json:"noisy,omitempty"`
}

// figure is zero if nothing was measured.
func (s samples) figure(name string) figure {
	values := slices.Sorted(slices.Values(s[name]))
	if len(values) == 0 {
		return figure{}
	}
	f := figure{Min: values[0], Median: values[len(values)/2], Max: values[len(values)-1]}
	f.Noisy = spread(values, f.Median) > noisyFrom
	return f
}

// spread is how far apart turns are, but for a fifth of them at each end, in relation to
// the median.
func spread(sorted []float64, median float64) float64 {
	cut := len(sorted) / 5
	inner := sorted[cut : len(sorted)-cut]
	return (inner[len(inner)-1] - inner[0]) / median
}
