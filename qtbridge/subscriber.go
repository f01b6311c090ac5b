package qtbridge

import (
	"context"
	"sync"
)

// watchers are those at work.
var watchers = struct {
	sync.Mutex
	of map[watchKey]*watcher
}{of: make(map[watchKey]*watcher)}

// subscriber is one loop over the messages of a watcher.
type subscriber struct {
	watcher *watcher
	mailbox *mailbox
}

// subscribe joins the watcher of key, or starts it; leave must follow.
func subscribe(key watchKey) *subscriber {
	watchers.Lock()
	defer watchers.Unlock()
	w := watchers.of[key]
	if w == nil {
		w = newWatcher(key)
		watchers.of[key] = w
	}
	s := &subscriber{watcher: w, mailbox: newMailbox(key.opts.Reuse)}
	w.audience.add(s.mailbox)
	return s
}

// leave ends the watcher with its last subscriber.
func (s *subscriber) leave() {
	w := s.watcher
	watchers.Lock()
	last := w.audience.remove(s.mailbox)
	if last {
		delete(watchers.of, w.watchKey)
	}
	watchers.Unlock()
	if last {
		w.end()
	}
}

// await waits until there is something for the loop, and leads as long as no
// other does. It returns false when ctx has ended.
func (s *subscriber) await(ctx context.Context) bool {
	lead := s.watcher.lead
	for ctx.Err() == nil {
		if s.mailbox.isReady() {
			<-s.mailbox.ready
			return true
		}
		select {
		case <-ctx.Done():
		case <-s.mailbox.ready:
			return true
		case lead <- struct{}{}:
			s.lead(ctx)
		}
	}
	return false
}

func (s *subscriber) lead(ctx context.Context) {
	defer func() { <-s.watcher.lead }()
	s.watcher.run(ctx, s.mailbox)
}

// take returns what there is for the loop, and forgets it.
func (s *subscriber) take() (Message, []error) { return s.watcher.audience.take(s.mailbox) }
