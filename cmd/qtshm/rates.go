package main

import (
	"time"

	"qtinterop/qtbridge"
)

// rates tell how often segments change, by identity: of the one that is followed
// each change of content counts, of others each new segment that a look finds.
type rates map[string]*rate

type rate struct {
	seq   uint64 // of the Watch, else how many segments were seen
	id    int    // of the segment
	since time.Time
	from  uint64 // seq at since
	value float64
	seen  bool // at the last look
}

// rateSpan is the time that a rate is the average of.
const rateSpan = 2 * time.Second

func (r rates) of(id string) *rate {
	if r[id] == nil {
		r[id] = &rate{}
	}
	return r[id]
}

// saw notes a message of the Watch of the entry that is followed.
func (r rates) saw(id string, seq uint64, now time.Time) {
	if seq == 0 {
		return
	}
	one := r.of(id)
	if seq < one.seq || one.since.IsZero() {
		one.since, one.from = now, seq
	}
	one.seq = seq
}

// look notes what a look found, and forgets what is gone.
func (r rates) look(entries []qtbridge.Entry, followed string, now time.Time) {
	for i := range entries {
		id := identity(&entries[i])
		one := r.of(id)
		one.seen = true
		if segment := entries[i].State.Segment.ID; segment != one.id {
			one.id = segment
			if id != followed {
				one.seq++
			}
		}
		if one.since.IsZero() {
			one.since, one.from = now, one.seq
		}
		if span := now.Sub(one.since); span >= rateSpan {
			one.value = float64(one.seq-one.from) / span.Seconds()
			one.since, one.from = now, one.seq
		}
	}
	for id, one := range r {
		if !one.seen {
			delete(r, id)
		}
		one.seen = false
	}
}
