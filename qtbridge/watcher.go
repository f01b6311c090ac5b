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
	"qtinterop/native"
)

// watcher follows one segment for all loops that want the same of it. It has no
// goroutine of its own: one of the loops leads, which means that it waits and
// looks for all of them, and another takes over while its body runs. So a lone
// loop gets its messages without a change of threads.
type watcher struct {
	watchKey
	audience audience
	lead     chan struct{} // of capacity 1; to lead is to have sent to it

	// Of the one who leads:
	sight sight
	pace  pace
	means Means           // why to look next; 0: not yet
	cause Means           // why the looks began that saw a state that does not last
	files *dirwatch.Watch // nil if there can be none
	tried time.Time       // when to have files was last tried
	timer *time.Timer
	told  map[Code]bool

	waiter native.Waiter
	wakes  atomic.Int64 // looks that something or somebody caused, for tests
}

func newWatcher(key watchKey) *watcher {
	w := &watcher{
		watchKey: key,
		audience: audience{members: make(map[*subscriber]struct{})},
		lead:     make(chan struct{}, 1),
		means:    ByPoll,
		timer:    time.NewTimer(0),
		told:     make(map[Code]bool),
	}
	w.sight = sight{key: key.key, place: key.place, opts: key.opts, semaphore: -1,
		visitor: visitor{key: key.key, path: key.place.segment, id: -1}}
	most := pollMax
	if key.opts.Stay {
		most = stayMax
	}
	w.pace = pace{poll: key.opts.Poll, most: most, settle: key.opts.Settle, interval: pollMin, credit: creditMax}
	return w
}

// run looks and waits until there is something for s, or ctx ends. s leads.
func (w *watcher) run(ctx context.Context, s *subscriber) {
	if w.means == 0 && w.sight.differs() { // by what happened while nobody led
		w.means, w.pace.due = ByPoll, time.Time{}
	}
	for ctx.Err() == nil {
		if w.means != 0 {
			w.step(w.means)
			w.means = 0
			if s.isReady() {
				return
			}
		}
		w.means = w.wait(ctx)
	}
}

// end leaves nothing behind.
func (w *watcher) end() {
	w.timer.Stop()
	w.sight.end()
	if w.files != nil {
		w.files.Close()
	}
}

// step looks once, and tells what it sees.
func (w *watcher) step(means Means) {
	start := time.Now()
	w.watchFiles(start)
	if means == ByPoll && w.pace.hurry > 0 {
		means = w.cause
	}
	w.cause = means
	if means == ByPoll {
		w.sight.lost = true
		if !w.pace.isDue(start) && !w.sight.isOther() {
			w.pace.wakeUp(time.Now())
			return
		}
	} else {
		w.wakes.Add(1)
	}
	seen, err := w.sight.look(start, means)
	if err != nil {
		w.tell(err)
	}
	if seen == news {
		maps.DeleteFunc(w.told, func(code Code, _ bool) bool { return code != ErrResources })
		w.sight.message.Means = means
		w.audience.publish(w.sight.message)
	}
	w.pace.looked(seen, means, start, time.Now())
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
	dir := filepath.Dir(w.place.segment)
	files, err := dirwatch.Start(dir, w.waiter.Interrupt, filepath.Base(w.place.segment), filepath.Base(w.place.lock))
	w.pace.blind = err != nil && hasKeyFiles
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
	limit := w.pace.next.Sub(now)
	semaphore := -1
	if !w.pace.isPaused(now) {
		semaphore = w.sight.findSemaphore()
	}
	data, last := w.sight.compared()
	switch {
	case w.files.IsTold():
		return w.filesTold()
	case limit <= 0:
		return ByPoll
	case semaphore < 0 && data == nil && limit >= shortest:
		return w.waitHere(ctx, limit)
	}
	wait := native.Wait{Semaphore: semaphore, CheckLast: w.pace.hasNews, Data: data, Copy: last,
		Interval: limit, Limit: limit}
	if data != nil && w.pace.poll > 0 {
		wait.Limit = stayMax
	}
	err := w.waiter.Wait(wait)
	if w.files.IsTold() {
		return w.filesTold()
	}
	return w.sight.woke(semaphore, err)
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
	w.sight.lost, w.sight.odd = true, even
	return ByKeyFile
}
