//go:build cgo && linux

package conformance

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// watch follows the key until the row ends.
func (s *scene) watch(opts qtbridge.WatchOptions) <-chan qtbridge.Message {
	ctx, cancel := context.WithCancel(s.ctx)
	messages := make(chan qtbridge.Message, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(messages)
		for message, err := range qtbridge.Watch(ctx, s.key, opts) {
			if err != nil {
				s.did("Watch()", err)
				continue
			}
			s.did(fmt.Sprintf("Watch(): %v, %v, %.40q", message.Cause, message.Means, message.Data), nil)
			messages <- message
		}
	}()
	s.Cleanup(func() { cancel(); <-ended })
	return messages
}

// seen waits until a watch has told of these bytes, or of no segment if data is nil.
func (s *scene) seen(messages <-chan qtbridge.Message, data []byte) {
	s.Helper()
	for deadline := time.After(5 * time.Second); ; {
		select {
		case message, ok := <-messages:
			if !ok {
				s.Fatal("Watch() has ended")
			}
			if data == nil && message.Cause == qtbridge.Removed || data != nil && bytes.Equal(bytes.TrimRight(message.Data, "\x00"), data) {
				return
			}
		case <-deadline:
			s.Fatalf("Watch() did not tell of %q", data)
		}
	}
}

func message(i int) []byte { return fmt.Appendf(nil, "model-%d", 4711*(i+1)) }

func watchAnew(s *scene) {
	messages := s.watch(qtbridge.WatchOptions{})
	for i := range s.rounds(30) {
		s.peerPublishes(message(i))
		s.seen(messages, message(i))
		s.peer.Do("shm.delete", "m", nil)
		if s.cell.Kind.posix() {
			s.cannotCreateAnew()
			return
		}
	}
	s.seen(messages, nil)
}

// cannotCreateAnew: Qt has no call that removes a POSIX segment.
func (s *scene) cannotCreateAnew() {
	s.Helper()
	s.object(s.peer, "m")
	s.equal("create() of the peer, anew", "AlreadyExists", s.peer.Do("shm.create", "m", peertest.Args{"size": 8}).Error)
	s.peer.Do("shm.delete", "m", nil)
	_, err := qtbridge.Create(s.ctx, s.key, 8, qtbridge.ReadWrite)
	says := s.refused("Create()", err, qtbridge.ErrExists)
	s.impossible("Qt has no call that removes a POSIX segment, so that the create() of a peer after its detach() fails with AlreadyExists", "Create() returns: "+says)
}

// peerPublishes has the peer make a segment with these bytes, which can fail while a
// watch is attached to the one before for a look.
func (s *scene) peerPublishes(data []byte) {
	s.Helper()
	for range 5 {
		s.object(s.peer, "m")
		if s.peer.Do("shm.create", "m", peertest.Args{"size": len(data)}).OK() {
			s.peer.Do("shm.lockedWrite", "m", peertest.Args{"data": data})
			return
		}
		s.peer.Do("shm.delete", "m", nil)
	}
	s.Fatal("create() of the peer failed five times")
}

func watchInPlace(s *scene) {
	opts := qtbridge.WatchOptions{}
	if !s.peerLocks() {
		opts.Poll = 20 * time.Millisecond // nothing else tells of it
	}
	messages := s.watch(opts)
	s.peerCreates(make([]byte, 32))
	for i := range s.rounds(30) {
		s.peer.Do("shm.lockedWrite", "m", peertest.Args{"data": message(i)})
		s.seen(messages, message(i))
	}
	s.peer.Do("shm.delete", "m", nil)
	s.forget()
}

func publishAnew(s *scene)    { s.publish(qtbridge.PublisherOptions{}, true) }
func publishInPlace(s *scene) { s.publish(qtbridge.PublisherOptions{InPlace: 32}, false) }

// publish has the peer read each message under its lock, if it has one.
func (s *scene) publish(opts qtbridge.PublisherOptions, anew bool) {
	publisher, err := qtbridge.NewPublisher(s.key, opts)
	s.must("NewPublisher()", err)
	s.Cleanup(func() { _ = publisher.Close() })
	for i := range s.rounds(30) {
		s.must(fmt.Sprintf("Publish(%q)", message(i)), publisher.Publish(s.ctx, message(i)))
		if anew || i == 0 {
			s.peerAttaches(s.peer, "m")
		}
		locked := s.peer.Do("shm.lock", "m", nil).OK()
		s.equal("lock() of the peer", s.peerLocks(), locked)
		s.same("the peer", message(i), bytes.TrimRight(s.peerReads("m"), "\x00"))
		if locked {
			s.peer.Must("shm.unlock", "m", nil)
		}
		if anew {
			s.peer.Do("shm.delete", "m", nil)
		}
	}
	if !anew {
		s.peer.Do("shm.delete", "m", nil)
	}
	s.must("Close()", publisher.Close())
	s.forget()
}
