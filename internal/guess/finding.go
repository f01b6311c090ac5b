// Package guess says what the bytes of a segment look like, with reasons and with what
// speaks against it. Nothing in shared memory tells what it is, so all of it are guesses.
package guess

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// Finding is one thing that bytes may be.
type Finding struct {
	What    string
	Score   int      // to compare findings by: 100 is never reached
	Reasons []string // what speaks for it
	Doubts  []string // what does not fit, or cannot be told
	Show    []string // the flags of qtshm get that show it so; nil if none do
	Offset  int      // where it begins
}

// Chance is the score in words.
func (f *Finding) Chance() string {
	switch {
	case f.Score >= 70:
		return "likely"
	case f.Score >= 40:
		return "possible"
	}
	return "not excluded"
}

func (f *Finding) because(format string, args ...any) {
	f.Reasons = append(f.Reasons, fmt.Sprintf(format, args...))
}

func (f *Finding) but(format string, args ...any) {
	f.Doubts = append(f.Doubts, fmt.Sprintf(format, args...))
}

// Look is what data looks like, the most likely first.
func Look(data []byte) []Finding {
	used := Used(data)
	if used == 0 {
		return nil
	}
	var all []Finding
	for _, look := range []func(data []byte, used int) []Finding{pictures, messages, texts, frames, structs} {
		all = append(all, look(data, used)...)
	}
	Sort(all)
	return all
}

// Sort puts the most likely first.
func Sort(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(b.Score, a.Score) })
}

// Used is how many bytes there are up to the last that is not zero.
func Used(data []byte) int { return len(bytes.TrimRight(data, "\x00")) }
