package main

import (
	"fmt"
	"path/filepath"
	"time"

	"qtinterop/internal/dirwatch"
	"qtinterop/qtbridge"
)

// rates tell how often segments change, by identity: of the one that is followed
// all that its Watch sees, of others how often they are made anew, by their key
// files. What others have written in place is not measured.
type rates map[string]*rate

type rate struct {
	files    *dirwatch.Watch // nil where the system does not tell
	followed bool
	samples  []sample // oldest first
	seen     bool     // at the last look
}

// sample is what had been counted at a time.
type sample struct {
	time    time.Time
	created uint64
	changes changeCount
}

// changeCount counts the changes that a Watch has seen.
type changeCount struct {
	all     uint64
	inPlace uint64 // of these, those of a segment that is not new
	unsure  uint64 // of these, those that others may have been missed beside
}

const (
	// rateSpan is the time that a rate is the average of.
	rateSpan = 2 * time.Second
	// rateLeast is the time that it takes at least to tell one.
	rateLeast = time.Second

	unmeasured = "-"
	noChanges  = ">=0"
)

// sample notes what has been counted of what a look found, and forgets what is gone.
func (r rates) sample(entries []qtbridge.Entry, followed string, changes changeCount, now time.Time) {
	for i := range entries {
		id := identity(&entries[i])
		one := r[id]
		if one == nil {
			one = &rate{}
			r[id] = one
		}
		one.seen = true
		one.watchFile(entries[i].State.Segment.File.Path)
		if one.followed != (id == followed) {
			one.followed, one.samples = id == followed, nil
		}
		s := sample{time: now, created: one.files.Came()}
		if one.followed {
			s.changes = changes
		}
		one.add(s)
	}
	for id, one := range r {
		if !one.seen {
			one.stop()
			delete(r, id)
		}
		one.seen = false
	}
}

// restart measures from now on.
func (r rates) restart() {
	for _, one := range r {
		one.samples = nil
	}
}

// watchFile has the system tell of the key file, if it can.
func (r *rate) watchFile(path string) {
	if path == "" || r.files != nil && !r.files.IsLost() {
		return
	}
	r.stop()
	r.files, _ = dirwatch.Start(filepath.Dir(path), func() {}, filepath.Base(path))
}

// stop measures nothing any more.
func (r rates) stop() {
	for _, one := range r {
		one.stop()
	}
}

func (r *rate) stop() {
	if r.files != nil {
		r.files.Close()
	}
	r.files, r.samples = nil, nil
}

// add adds a sample, and leaves out those too old to be needed.
func (r *rate) add(s sample) {
	for len(r.samples) > 1 && s.time.Sub(r.samples[1].time) >= rateSpan {
		r.samples = r.samples[1:]
	}
	r.samples = append(r.samples, s)
}

// text is the rate, with >= if there may have been more changes, and - if none were
// measured.
func (r *rate) text() string {
	if r == nil || len(r.samples) < 2 {
		return unmeasured
	}
	first, last := r.samples[0], r.samples[len(r.samples)-1]
	span := last.time.Sub(first.time)
	if span < rateLeast {
		return unmeasured
	}
	created, changes := last.created-first.created, last.changes.since(first.changes)
	n := max(created, changes.all)
	isCounted := r.followed && r.files != nil && changes.all-changes.inPlace <= created+1 && !changes.isUnsure()
	switch value := rateValue(n, span); {
	case !r.followed && n == 0:
		return unmeasured
	case n == 0 || !isCounted:
		return ">=" + value
	default:
		return value
	}
}

func (c changeCount) since(before changeCount) changeCount {
	return changeCount{c.all - before.all, c.inPlace - before.inPlace, c.unsure - before.unsure}
}

// isUnsure tells whether more than a twentieth of the changes in place are.
func (c changeCount) isUnsure() bool { return 20*c.unsure > c.inPlace }

func rateValue(n uint64, span time.Duration) string {
	value := float64(n) / span.Seconds()
	switch {
	case n == 0:
		return "0"
	case value < 99.95:
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.0f", value)
}
