package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// verdict is what a quick run says of a row.
type verdict int

const (
	good verdict = iota
	noisy
	foreign
	worse
)

// judge compares a quick run with the record. What is worse, or too noisy, is measured
// once more, and the better of the two counts.
func judge(p *programs) error {
	old, err := readRecord()
	if err != nil {
		return err
	}
	now := thisMachine()
	if now != old.Machine {
		fmt.Printf("bench: the record is of another machine: %s\nbench: this one: %s\n", old.Machine, now)
	}
	s := samples{}
	if err := p.measureAll(quickSuites, s); err != nil {
		return err
	}
	if err := complete(s, old); err != nil {
		return err
	}
	again := samples{}
	for _, row := range judged() {
		if verdictOf(s.figure(row.name), old.Ratios[row.name]) == good {
			continue
		}
		if err := p.measureAgain(row, again); err != nil {
			return err
		}
	}
	return tell(s, again, old, now.isLike(old.Machine))
}

// complete tells of rows that were not measured, or are not on record: nothing would be
// said about them.
func complete(s samples, old record) error {
	for _, row := range judged() {
		if len(s[row.name]) == 0 {
			return fmt.Errorf("no benchmark reports %q", row.name)
		}
		if old.Ratios[row.name].Median == 0 {
			return fmt.Errorf("%s has no %q: run scripts/bench", recordFile, row.name)
		}
	}
	return nil
}

// measureAgain measures one row for as many turns as before.
func (p *programs) measureAgain(r row, into samples) error {
	name := strings.TrimSuffix(r.name, " ratio")
	top, rest, _ := strings.Cut(name, "/")
	at := slices.IndexFunc(quickSuites, func(s suite) bool {
		return regexp.MustCompile(strings.Split(s.pattern, "$/")[0]).MatchString("Benchmark" + top)
	})
	s := quickSuites[at]
	s.pattern = "^Benchmark" + top + "$"
	for part := range strings.SplitSeq(rest, "/") {
		if part != "" {
			s.pattern += "/^" + part + "$"
		}
	}
	for range turns {
		if err := p.measure(s, into); err != nil {
			return err
		}
	}
	return nil
}

// tell prints all rows. Only what is worse both times, and quiet enough, is an error, and
// only on a machine like that of the record.
func tell(s, again samples, old record, isLike bool) error {
	var worst []string
	for _, row := range judged() {
		before, now := old.Ratios[row.name], s.figure(row.name)
		v := verdictOf(now, before)
		if len(again[row.name]) > 0 {
			if second := again.figure(row.name); verdictOf(second, before) <= v {
				now, v = second, verdictOf(second, before)
			}
		}
		if v == worse && !isLike {
			v = foreign
		}
		fmt.Printf("bench: %-68s %.2f (on record %.2f)%s\n", row.title, now.Median, before.Median, v)
		if v == worse {
			worst = append(worst, row.title)
		}
	}
	if len(worst) > 0 {
		return fmt.Errorf("more than %.0f %% worse than on record: %s", (worseFrom-1)*100, strings.Join(worst, "; "))
	}
	return nil
}

func verdictOf(now, before figure) verdict {
	switch {
	case now.Median <= before.Median*worseFrom:
		return good
	case now.Noisy || before.Noisy:
		return noisy
	}
	return worse
}

func (v verdict) String() string {
	return []string{"", ": too noisy, not judged", ": worse than on the other machine, not judged", ": WORSE"}[v]
}
