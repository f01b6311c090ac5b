package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// recordFile is what a quick run compares with.
const recordFile = "docs/benchmarks.json"

// worseFrom is from how many times the ratio on record on a quick run fails.
const worseFrom = 1.25

// errNoisy is for a machine that does too much else.
var errNoisy = errors.New("too noisy to measure here: see the rows that say so")

// record is a run: the machine, and the ratios that a quick run judges.
type record struct {
	Machine machine           `json:"machine"`
	Ratios  map[string]figure `json:"ratios"`
}

func newRecord(m machine, s samples) record {
	r := record{m, make(map[string]figure)}
	for _, row := range judged() {
		r.Ratios[row.name] = s.figure(row.name)
	}
	return r
}

func (r record) write() error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(recordFile, append(text, '\n'), 0o644)
}

func readRecord() (r record, err error) {
	text, err := os.ReadFile(recordFile)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s: %w", recordFile, err)
	}
	return r, nil
}
