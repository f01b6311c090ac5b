package qtbridge

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"qtinterop/internal/dirwatch"
	"qtinterop/internal/ipc"
)

// watchKey is what loops must have in common to share a watcher.
type watchKey struct {
	key   Key
	place place
	opts  WatchOptions
}

// watcher follows one segment for all loops that want the same of it. It has no
// goroutine of its own: one of the loops leads, which means that it waits and
// looks for all of them, and another takes over while its body runs. So a lone
// loop gets its messages without a change of threads.
type watcher struct {
	watchKey
	audience audience
	lead     chan struct{} // of capacity 1; to lead is to have sent to it

	// Of the one who leads:
	observation observation
	schedule    pollSchedule
	means       Means           // why to look next; 0: not yet
	cause       Means           // why the looks began that saw a transient state
	files       *dirwatch.Watch // nil if there can be none
	tried       time.Time       // when to have files was last tried
	timer       *time.Timer
	told        map[Code]bool

	waiter ipc.Waiter
	wakes  atomic.Int64 // looks that something or somebody caused, for tests
}

func newWatcher(key watchKey) *watcher {
	w := &watcher{
		watchKey: key,
		audience: audience{members: make(map[*mailbox]struct{})},
		lead:     make(chan struct{}, 1),
		means:    ByPoll,
		timer:    time.NewTimer(0),
		told:     make(map[Code]bool),
		waiter:   key.place.system.NewWaiter(),
	}
	w.observation = newObservation(key)
	w.schedule = newPollSchedule(key.opts, key.place.traits())
	return w
}

// run looks and waits until there is something in b, or ctx ends. The loop of b
// leads.
func (w *watcher) run(ctx context.Context, b *mailbox) {
	if w.means == 0 && w.hasMissed() { // by what happened while nobody led
		w.means, w.schedule.due = ByPoll, time.Time{}
	}
	for ctx.Err() == nil {
		if w.means != 0 {
			w.step(w.means)
			w.means = 0
			if b.isReady() {
				return
			}
		}
		w.means = w.wait(ctx)
	}
}

// hasMissed tells whether the content has changed since the last look, if we stay. To compare
// a large one takes long, and is left to the wait that comes next, if that begins with who
// used the lock last, and all who write take it.
func (w *watcher) hasMissed() bool {
	o := &w.observation
	data, _ := o.compared()
	waits := w.schedule.last == news && !w.schedule.isPaused(time.Now()) && !o.place.someDoNotLock() && o.semaphore() >= 0
	return (len(data) < large || !waits) && o.differs()
}

// end leaves nothing behind.
func (w *watcher) end() {
	w.timer.Stop()
	w.observation.end()
	if w.files != nil {
		w.files.Close()
	}
}

// step looks once, and tells what it sees.
func (w *watcher) step(means Means) {
	start := time.Now()
	w.watchFiles(start)
	if means == ByPoll && w.schedule.hurry > 0 {
		means = w.cause
	}
	w.cause = means
	if means == ByPoll {
		w.observation.lost = true
		if !w.schedule.isDue(start) && !w.observation.isOther() {
			w.schedule.wakeUp(time.Now())
			return
		}
	} else {
		w.wakes.Add(1)
	}
	seen, err := w.observation.lookSafely(start, means)
	if err != nil {
		w.tell(err)
	}
	if seen == news {
		maps.DeleteFunc(w.told, func(code Code, _ bool) bool { return code != ErrResources })
		w.observation.message.Means = means
		if free := w.audience.publish(w.observation.message); !free {
			w.observation.spare = nil
		}
	}
	w.schedule.looked(seen, w.observation.doubtful, means, start, time.Now())
}

// tell tells of an error once.
func (w *watcher) tell(err error) {
	e, ok := errors.AsType[*Error](err)
	if ok && !w.told[e.Code] {
		w.told[e.Code] = true
		w.audience.tell(e)
	}
}

// watchFiles has the system tell of key files, if it can.
func (w *watcher) watchFiles(now time.Time) {
	if w.files != nil && !w.files.IsLost() || w.files == nil && now.Sub(w.tried) < retryFiles {
		return
	}
	if w.files != nil {
		w.files.Close()
		w.files = nil
	}
	w.tried = now
	dir := filepath.Dir(w.place.Segment)
	files, err := dirwatch.Start(dir, w.waiter.Interrupt, filepath.Base(w.place.Segment), filepath.Base(w.place.Lock))
	w.schedule.blind = err != nil && w.place.traits().KeyFiles
	switch {
	case err == nil:
		w.files = files
		delete(w.told, ErrResources)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.ENOMEM):
		w.tell(&Error{Op: "watch", Key: w.key, Code: ErrResources, Err: err,
			Msg: "the system cannot tell of key files: " + err.Error() +
				"; it goes on by looking each 10 ms; see /proc/sys/fs/inotify, and the limit of open files"})
	}
}

// wait waits until there is a reason to look, and returns which, or 0 if there
// is none, as when ctx has ended.
func (w *watcher) wait(ctx context.Context) Means {
	now := time.Now()
	limit := w.schedule.next.Sub(now)
	semaphore := -1
	if !w.schedule.isPaused(now) {
		semaphore = w.observation.semaphore()
	}
	data, last := w.observation.compared()
	switch {
	case w.files.IsTold():
		return w.filesTold()
	case limit <= 0:
		ipc.Yield() // to the peer, if what woke us took this processor from it
		return ByPoll
	case semaphore < 0 && data == nil && limit >= shortest:
		return w.waitHere(ctx, limit)
	}
	wait := ipc.Wait{Semaphore: semaphore, CheckLast: w.schedule.last == news || w.schedule.last == kept, Data: data, Copy: last,
		Room: w.observation.room(data), Segment: w.observation.id, Interval: limit, Limit: limit,
		Expect: w.schedule.expects(now)}
	if data != nil && w.schedule.poll > 0 {
		wait.Limit = w.schedule.limits.staying
	}
	err := w.waiter.Wait(wait)
	if w.files.IsTold() {
		return w.filesTold()
	}
	return w.observation.woke(semaphore, err)
}

// waitHere waits where it takes no thread.
func (w *watcher) waitHere(ctx context.Context, limit time.Duration) Means {
	w.timer.Reset(limit)
	select {
	case <-ctx.Done():
		return 0
	case <-w.files.Told():
		return w.filesTold()
	case <-w.timer.C:
		return ByPoll
	}
}

func (w *watcher) filesTold() Means {
	w.observation.lost, w.observation.transient = true, lasting
	return ByKeyFile
}
