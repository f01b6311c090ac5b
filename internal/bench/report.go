package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// page is where a full run writes its tables, between two marks.
const (
	page      = "docs/benchmarks.md"
	beginMark = "<!-- measured: scripts/bench writes from here -->\n"
	endMark   = "<!-- measured: to here -->\n"
)

func report(p *programs) error {
	start, m, load := time.Now(), thisMachine(), find("/proc/loadavg", `(\S+) `)
	s := samples{}
	if err := p.measureBuilds(s); err != nil {
		return err
	}
	if err := p.measureAll(suites, s); err != nil {
		return err
	}
	t := tables{samples: s}
	t.write(m, load, time.Since(start))
	if err := replaceMeasured(t.text.String()); err != nil {
		return err
	}
	if err := plotAll(s); err != nil {
		return err
	}
	if err := newRecord(m, s).write(); err != nil {
		return err
	}
	fmt.Printf("bench: wrote %s, %s and the plots\n", page, recordFile)
	if t.noisy > 0 {
		return fmt.Errorf("%d rows are %w", t.noisy, errNoisy)
	}
	return nil
}

// replaceMeasured puts text between the marks of the page.
func replaceMeasured(text string) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), beginMark)
	_, after, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s lacks the marks of what is measured", page)
	}
	return os.WriteFile(page, []byte(before+beginMark+text+endMark+after), 0o644)
}
