package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// turns is how often everything is measured, one after the other: what a machine does
// besides then meets all in the same way.
const turns = 5

// suite is a run of benchmarks.
type suite struct {
	dir, pattern, times string
	flags               []string
}

// The benchmarks of a full run: a turn takes about 70 seconds.
var suites = []suite{
	{"qtbridge", operations, "20x", nil},
	{"qtbridge", "^BenchmarkLatency$", "1x", []string{"-watch.messages", "100"}},
	{"qtbridge", "^BenchmarkMessages$", "1x", []string{"-messages.for", "300ms"}},
	{"qtbridge", "^Benchmark(Handles|Goroutines)$", "1x", nil},
	{"qtbridge", "^BenchmarkFrames$", "1x", []string{"-frames.seconds", "4"}},
	{"qtbridge", "^BenchmarkHandover$", "5x", nil},
	{"cmd/qtshm", "^BenchmarkGet$", "100x", nil},
}

const operations = "^Benchmark(LockUnlock|LockWrite64Unlock|AttachLockRead64UnlockDetach|Publish|AcquireRelease|Copy64MiB)$"

// What a quick run has of them: a turn takes about 10 seconds.
var quickSuites = []suite{
	{"qtbridge", operations, "5x", nil},
	{"qtbridge", "^BenchmarkLatency$/./^100-per-s$", "1x", []string{"-watch.messages", "50"}},
	{"cmd/qtshm", "^BenchmarkGet$", "50x", nil},
}

// programs are the test binaries, built before anything is measured.
type programs struct{ dir string }

func buildPrograms() (*programs, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	p := &programs{dir}
	for _, of := range []string{"qtbridge", "cmd/qtshm"} {
		if output, err := exec.Command("go", "test", "-c", "-o", p.path(of), "./"+of).CombinedOutput(); err != nil {
			p.remove()
			return nil, fmt.Errorf("building the benchmarks of %s: %w\n%s", of, err, output)
		}
	}
	return p, nil
}

func (p *programs) remove() { _ = os.RemoveAll(p.dir) }

func (p *programs) path(of string) string { return filepath.Join(p.dir, filepath.Base(of)+".test") }

// measure runs benchmarks once.
func (p *programs) measure(s suite, into samples) error {
	args := append([]string{"-test.run", "^$", "-test.bench", s.pattern, "-test.benchtime", s.times}, s.flags...)
	cmd := exec.Command(p.path(s.dir), args...)
	cmd.Dir = s.dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	output, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s in %s: %w\n%s%s", s.pattern, s.dir, err, output, errs.Bytes())
	}
	return into.parse(output)
}

// measureAll runs benchmarks in turns.
func (p *programs) measureAll(of []suite, into samples) error {
	for turn := range turns {
		start := time.Now()
		for _, s := range of {
			if err := p.measure(s, into); err != nil {
				return err
			}
		}
		fmt.Printf("bench: turn %d of %d: %.0f s\n", turn+1, turns, time.Since(start).Seconds())
	}
	return nil
}
