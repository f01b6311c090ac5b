package qtbridge

import (
	"bytes"
	"context"
	"sync"
)

// watchKey is what loops must have in common to share a watcher.
type watchKey struct {
	key   Key
	place place
	opts  WatchOptions
}

// watchers are those at work.
var watchers = struct {
	sync.Mutex
	of map[watchKey]*watcher
}{of: make(map[watchKey]*watcher)}

// subscriber is one loop over the messages of a watcher. It holds the latest
// message that the loop has not had.
type subscriber struct {
	watcher *watcher
	ready   chan struct{} // of capacity 1: there is something to take
	message Message       // Seq 0 if there is none; of the watcher's lock, like all below
	told    bool          // the loop knows of a segment
	errs    []error
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
	s := &subscriber{watcher: w, ready: make(chan struct{}, 1)}
	w.audience.add(s)
	return s
}

// leave ends the watcher with its last subscriber.
func (s *subscriber) leave() {
	w := s.watcher
	watchers.Lock()
	last := w.audience.remove(s)
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
		if s.isReady() {
			<-s.ready
			return true
		}
		select {
		case <-ctx.Done():
		case <-s.ready:
			return true
		case lead <- struct{}{}:
			s.lead(ctx)
		}
	}
	return false
}

func (s *subscriber) lead(ctx context.Context) {
	defer func() { <-s.watcher.lead }()
	s.watcher.run(ctx, s)
}

// isReady tells whether there is something to take.
func (s *subscriber) isReady() bool { return len(s.ready) > 0 }

// take returns what there is for the loop, and forgets it.
func (s *subscriber) take() (Message, []error) {
	a := &s.watcher.audience
	a.Lock()
	defer a.Unlock()
	message, errs := s.message, s.errs
	s.message, s.errs = Message{}, nil
	if message.Seq > 0 {
		s.told = message.Cause != Removed
		message.Data = bytes.Clone(message.Data)
	}
	return message, errs
}

// audience is all subscribers of a watcher.
type audience struct {
	sync.Mutex
	members map[*subscriber]struct{}
	latest  Message // Seq 0 before the first
}

func (a *audience) add(s *subscriber) {
	a.Lock()
	defer a.Unlock()
	a.members[s] = struct{}{}
	if a.latest.Seq > 0 {
		s.put(a.latest)
	}
}

// remove returns whether s was the last.
func (a *audience) remove(s *subscriber) bool {
	a.Lock()
	defer a.Unlock()
	delete(a.members, s)
	return len(a.members) == 0
}

func (a *audience) publish(m Message) {
	a.Lock()
	defer a.Unlock()
	a.latest = m
	for s := range a.members {
		s.put(m)
	}
}

func (a *audience) tell(err error) {
	a.Lock()
	defer a.Unlock()
	for s := range a.members {
		s.errs = append(s.errs, err)
		s.wake()
	}
}

// put replaces a message that the loop has not had, so that Cause says what the
// difference is to what it had.
func (s *subscriber) put(m Message) {
	switch {
	case m.Cause == Removed && !s.told:
		s.message = Message{}
		return
	case m.Cause == Changed && (!s.told || s.message.Cause == Created):
		m.Cause = Created
	}
	s.message = m
	s.wake()
}

func (s *subscriber) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
