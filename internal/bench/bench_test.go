package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	s := samples{}
	for range 2 {
		require.NoError(t, s.parse([]byte("goos: linux\n"+
			"BenchmarkLockUnlock-2   \t      20\t         0 ns/op\t       415.7 c++-ns\t         1.120 ratio\n"+
			"BenchmarkLatency/stay/100-per-s-2\t1\t57.94 c++-p50-us\nPASS\n")))
	}
	assert.Equal(t, []float64{1.12, 1.12}, s["LockUnlock ratio"])
	assert.Equal(t, []float64{57.94, 57.94}, s["Latency/stay/100-per-s c++-p50-us"])
	assert.Len(t, s, 4)
	assert.Error(t, s.parse([]byte("BenchmarkX-2 1 much ratio\n")))
}

func TestFigureKnowsNoise(t *testing.T) {
	s := samples{"quiet": {9, 1, 1.1, 1.2, 0.2}, "loud": {1, 1.1, 1.4, 1.5, 0.9}}
	assert.Equal(t, figure{Min: 0.2, Median: 1.1, Max: 9}, s.figure("quiet"), "one at each end does not count")
	assert.True(t, s.figure("loud").Noisy)
}

func TestVerdict(t *testing.T) {
	before := figure{Median: 1}
	assert.Equal(t, good, verdictOf(figure{Median: 1.24}, before))
	assert.Equal(t, good, verdictOf(figure{Median: 0.5, Noisy: true}, before))
	assert.Equal(t, worse, verdictOf(figure{Median: 1.26}, before))
	assert.Equal(t, noisy, verdictOf(figure{Median: 1.26, Noisy: true}, before))
}

// full is a quick run where each row has one value.
func full(value float64) samples {
	s := samples{}
	for _, row := range judged() {
		s[row.name] = []float64{value, value, value, value, value}
	}
	return s
}

func TestTell(t *testing.T) {
	old := newRecord(machine{}, full(1))
	name := judged()[0].name
	assert.NoError(t, tell(full(1.2), samples{}, old, true))
	assert.ErrorContains(t, tell(full(1.3), samples{}, old, true), judged()[3].title)
	slow := full(1)
	slow[name] = []float64{2, 2, 2, 2, 2}
	assert.NoError(t, tell(slow, samples{name: {1.1, 1.1, 1.1}}, old, true), "good the second time")
	assert.ErrorContains(t, tell(slow, samples{name: {2, 2, 2}}, old, true), judged()[0].title)
	assert.NoError(t, tell(slow, samples{name: {1, 2, 3}}, old, true), "too noisy to say")
	assert.NoError(t, tell(full(1.3), samples{}, old, false), "on another machine")
}

func TestRecordIsComplete(t *testing.T) {
	t.Chdir("../..")
	old, err := readRecord()
	require.NoError(t, err)
	assert.NoError(t, complete(full(1), old))
	assert.ErrorContains(t, complete(samples{}, old), judged()[0].name)
	assert.ErrorContains(t, complete(full(1), record{}), judged()[0].name)
}

func TestMachineIsLike(t *testing.T) {
	here := thisMachine()
	newer := here
	newer.Kernel, newer.Go, newer.System, newer.Compiler = "9.9", "9.9", "another", "another"
	assert.True(t, here.isLike(newer))
	for _, m := range []machine{{Processor: here.Processor, Count: here.Count, Qt: "6.99.0"}, {Processor: here.Processor, Count: here.Count + 1, Qt: here.Qt}, {Processor: "another", Count: here.Count, Qt: here.Qt}} {
		assert.False(t, here.isLike(m))
	}
}
