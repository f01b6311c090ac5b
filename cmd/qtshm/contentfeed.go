package main

import (
	"context"
	"image"
	"sync"
	"time"

	"qtinterop/qtbridge"
)

// contentFeed takes all that a Watch tells of a segment, counts it, and passes on
// the latest, no faster than a screen shows it. It may be used by many goroutines.
type contentFeed struct {
	id    string // of the entry
	fresh chan struct{}

	mu     sync.Mutex
	latest previewMsg
	count  changeCount
	last   qtbridge.Message // the one before
}

// previewMsg is the content of a segment, or why there is none.
type previewMsg struct {
	feed      *contentFeed
	message   qtbridge.Message
	err       error
	thumbnail *image.RGBA // nil if the content is no picture
}

const (
	// previewPace is the time between two contents that are shown.
	previewPace = 50 * time.Millisecond
	// changesApart is how far apart two changes are at least for none to have been
	// missed in between, while the first was looked at.
	changesApart = time.Millisecond
	// largeContent is from which size on a copy takes so long that there is a rest
	// after each, of restPerByte.
	largeContent = 1 << 20
	restPerByte  = 10 * time.Nanosecond
)

// newContentFeed follows key until ctx ends, and calls send in a goroutine of its own.
func newContentFeed(ctx context.Context, id string, key qtbridge.Key, send func(previewMsg)) *contentFeed {
	f := &contentFeed{id: id, fresh: make(chan struct{}, 1)}
	go f.watch(ctx, key)
	go f.pass(ctx, send)
	return f
}

func (f *contentFeed) watch(ctx context.Context, key qtbridge.Key) {
	for message, err := range qtbridge.Watch(ctx, key, qtbridge.WatchOptions{}) {
		f.take(message, err)
		wait(ctx, restAfter(&message))
	}
}

// restAfter is how long not to look after a message. A new segment is counted by its key
// file, and its peer cannot make the next one while it is looked at.
func restAfter(m *qtbridge.Message) time.Duration {
	switch size := len(m.Data); {
	case m.Cause == qtbridge.Created && size < largeContent:
		return previewPace
	case size >= largeContent:
		return time.Duration(size) * restPerByte
	}
	return 0
}

// pass passes on the latest that there is. A picture takes time: the rest after it is
// longer than that.
func (f *contentFeed) pass(ctx context.Context, send func(previewMsg)) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-f.fresh:
			latest, start := f.current(), time.Now()
			latest.thumbnail = thumbnailOf(latest.message.Data)
			took := time.Since(start)
			send(latest)
			wait(ctx, previewPace+4*took)
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (f *contentFeed) take(message qtbridge.Message, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest = previewMsg{feed: f, message: message, err: err}
	if err == nil {
		f.countChange(&message)
	}
	select {
	case f.fresh <- struct{}{}:
	default:
	}
}

// countChange counts a message, but not the first: that is what there was.
func (f *contentFeed) countChange(m *qtbridge.Message) {
	if f.last.Seq > 0 && m.Cause != qtbridge.Removed {
		f.count.all++
	}
	if f.last.Seq > 0 && m.Cause == qtbridge.Changed {
		f.count.inPlace++
		if m.Means == qtbridge.ByPoll || restAfter(&f.last) > 0 || m.Time.Sub(f.last.Time) < changesApart {
			f.count.unsure++
		}
	}
	f.last = *m
}

// current is the latest there is.
func (f *contentFeed) current() previewMsg {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latest
}

// changes is how many there have been; of a nil contentFeed none.
func (f *contentFeed) changes() changeCount {
	if f == nil {
		return changeCount{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}
