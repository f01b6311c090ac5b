package qtbridge

import (
	"time"

	"qtinterop/internal/ipc"
)

const (
	// pollMin is the shortest time between two looks of an adaptive watch that is
	// not told to look.
	pollMin = 10 * time.Millisecond
	// blindStep is how often to look for key files if the system does not tell.
	blindStep = 10 * time.Millisecond
	// rest is how long at most to go without a look after the lock was taken: it
	// may have been again before the next wait for that began.
	rest = 100 * time.Millisecond
	// looksApart is how many times as long as a look it is to the next, so that a
	// look costs little and a create() of the peer seldom meets one.
	looksApart = 100
	// retryFiles is how often to try to have the system tell of key files.
	retryFiles = time.Second
	// warm is how long to be ready for the next message, if the last two came as fast.
	warm = 50 * time.Millisecond
	// shortest is what Go's timers may sleep too long.
	shortest = time.Millisecond

	// Looks in vain, because somebody takes the lock and changes nothing, may
	// take this part of the time, and this much at once.
	vainShare = 0.003
	creditMax = 3 * time.Millisecond
	pauseMax  = time.Second
	// wakeCost is what waking up costs beside the look.
	wakeCost = 15 * time.Microsecond

	// A message that may be the beginning of one is looked at again after this time,
	// then after four times as long, and so on until Settle.
	recheckFirst = 2 * time.Millisecond

	// A transient state is looked at again at once for so long, then at growing
	// intervals.
	hurried  = 600 * time.Microsecond
	hurryMin = 50 * time.Microsecond
	hurryMax = 5 * time.Millisecond
)

// pollLimits are how rare looks may become.
type pollLimits struct {
	most    time.Duration // without being told to
	staying time.Duration // of one that stays attached, which must soon see that it is the last
	large   time.Duration // at a large segment, which take long
}

// With a system that tells of changes, and with one where only looks do.
var (
	toldLimits   = pollLimits{most: 3 * time.Second, staying: time.Second, large: time.Second}
	untoldLimits = pollLimits{most: 50 * time.Millisecond, staying: 50 * time.Millisecond, large: 200 * time.Millisecond}
)

// seen is what a look has seen.
type seen int

const (
	nothing   seen = iota // nothing new
	news                  // there is a message
	unsettled             // something transient: look again at once
	waning                // it may be gone: look again when that has lasted
	kept                  // something new, but somebody keeps the lock
)

// pollSchedule says when to look next.
type pollSchedule struct {
	poll     time.Duration // as the user wants it; 0: adaptive
	settle   time.Duration // likewise
	limits   pollLimits
	most     time.Duration // that interval may become
	blind    bool          // nothing tells of key files
	interval time.Duration // of adaptive polling
	hurry    int           // how many looks in a row saw a transient state
	hurryEnd time.Time     // until when the next one is at once
	slowed   int           // how many were not
	recheck  time.Duration // when to look again at a doubtful message; 0: not
	last     seen          // what the last look has seen
	newsAt   time.Time     // when one has last seen news
	isFast   bool          // that was soon after the one before
	due      time.Time     // of the next look
	next     time.Time     // when to wake up, for a look or a glance

	credit   time.Duration // what looks in vain may still cost
	credited time.Time
	paused   time.Time // until when not to wait for the lock
}

func newPollSchedule(opts WatchOptions, t *ipc.Traits) pollSchedule {
	p := pollSchedule{poll: opts.Poll, settle: opts.Settle, interval: pollMin, credit: creditMax, limits: untoldLimits}
	if t.LockWakes {
		p.limits = toldLimits
	}
	p.most = p.limits.most
	if opts.Stay {
		p.most = p.limits.staying
	}
	return p
}

func (p *pollSchedule) isDue(now time.Time) bool { return !now.Before(p.due) }

func (p *pollSchedule) isPaused(now time.Time) bool { return now.Before(p.paused) }

// looked notes what a look, which began at start, has seen, and whether that is doubtful.
func (p *pollSchedule) looked(seen seen, doubtful bool, means Means, start, now time.Time) {
	cost := now.Sub(start)
	wait := p.interval
	if p.recheck *= 4; p.recheck > p.settle {
		p.recheck = 0
	}
	if p.last = seen; seen == news {
		p.noteNews(doubtful, now)
	}
	switch {
	case seen == waning:
		wait = p.settle / 4
	case seen == unsettled:
		if p.hurry++; p.hurry == 1 {
			p.hurryEnd, p.slowed = start.Add(hurried), 0
		}
		if wait = p.backOff(now); wait > 0 {
			wait = max(wait, 4*cost)
		}
	case means == ByPoll && seen == news:
		p.interval, p.credit = pollMin, creditMax
		wait = pollMin
	case means == ByPoll:
		p.interval = min(2*p.interval, p.most)
	case seen == news:
		p.credit = creditMax
	case seen == kept: // the look has waited, which costs nothing
	default:
		p.spend(cost, now)
	}
	if means == ByLock {
		wait = min(wait, rest)
	}
	if seen != unsettled {
		p.hurry = 0
	}
	if seen == nothing || seen == news || seen == kept {
		wait = max(wait, min(looksApart*cost, p.limits.large)) // of a large segment
	}
	if seen == nothing && p.paused.After(now) {
		wait = p.paused.Sub(now)
	}
	if p.poll > 0 {
		wait = min(wait, p.poll)
	}
	if p.recheck > 0 {
		wait = min(wait, p.recheck)
	}
	p.due = now.Add(wait)
	p.wakeUp(now)
}

// noteNews notes that there is a message. One that may be the beginning of one is soon
// looked at again; but while messages come fast, the next one tells as much, and the look
// could meet its create(): so not before that is late.
func (p *pollSchedule) noteNews(doubtful bool, now time.Time) {
	apart := now.Sub(p.newsAt)
	p.isFast, p.newsAt, p.recheck = apart < warm, now, 0
	switch {
	case doubtful && p.isFast:
		p.recheck = max(recheckFirst, min(2*apart, p.settle))
	case doubtful:
		p.recheck = recheckFirst
	}
}

// expects is for how long the next message is to be expected soon.
func (p *pollSchedule) expects(now time.Time) time.Duration {
	if !p.isFast || p.last != news { // between two waits only the last user tells of what happened
		return 0
	}
	return max(0, warm-now.Sub(p.newsAt))
}

// wakeUp sets when to wake up next, for a look or for a glance at the key file.
func (p *pollSchedule) wakeUp(now time.Time) {
	p.next = p.due
	if step := now.Add(blindStep); p.blind && step.Before(p.next) {
		p.next = step
	}
}

func (p *pollSchedule) backOff(now time.Time) time.Duration {
	if now.Before(p.hurryEnd) {
		return 0
	}
	p.slowed++
	return min(hurryMin<<min(p.slowed-1, 10), hurryMax)
}

// spend takes the cost of a look in vain from the credit; without credit there
// is a pause.
func (p *pollSchedule) spend(cost time.Duration, now time.Time) {
	if !p.credited.IsZero() {
		earned := time.Duration(float64(now.Sub(p.credited)) * vainShare)
		p.credit = min(p.credit+earned, creditMax)
	}
	p.credited = now
	p.credit -= cost + wakeCost
	if p.credit < 0 {
		p.paused = now.Add(min(time.Duration(float64(-p.credit)/vainShare), pauseMax))
		p.credit = max(p.credit, -creditMax)
	}
}
