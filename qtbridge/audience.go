package qtbridge

import (
	"bytes"
	"sync"
)

// mailbox holds the latest message that one loop has not had, and the errors.
type mailbox struct {
	ready   chan struct{} // of capacity 1: there is something to take
	message Message       // Seq 0 if there is none; of the audience's lock, like all below
	told    bool          // the loop knows of a segment
	reuses  bool          // the loop is done with a message when it asks for the next
	had     []byte        // Data of the last message taken, if so
	errs    []error
}

func newMailbox(reuses bool) *mailbox {
	return &mailbox{ready: make(chan struct{}, 1), reuses: reuses}
}

// isReady tells whether there is something to take.
func (b *mailbox) isReady() bool { return len(b.ready) > 0 }

// put replaces a message that the loop has not had, so that Cause says what the
// difference is to what it had.
func (b *mailbox) put(m Message) {
	switch {
	case m.Cause == Removed && !b.told:
		b.message = Message{}
		return
	case m.Cause == Changed && (!b.told || b.message.Cause == Created):
		m.Cause = Created
	}
	b.message = m
	b.wake()
}

func (b *mailbox) wake() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// audience is all the loops that a watcher looks for.
type audience struct {
	sync.Mutex
	members map[*mailbox]struct{}
	latest  Message  // Seq 0 before the first
	lent    *mailbox // has the Data of the latest itself, not a copy; nil if none does
}

func (a *audience) add(b *mailbox) {
	a.Lock()
	defer a.Unlock()
	a.members[b] = struct{}{}
	if a.latest.Seq > 0 {
		b.put(a.latest)
	}
}

// remove returns whether b was the last.
func (a *audience) remove(b *mailbox) bool {
	a.Lock()
	defer a.Unlock()
	delete(a.members, b)
	return len(a.members) == 0
}

// publish returns whether nobody has the Data of the message before any more. The loop
// that it was lent to asks for this one.
func (a *audience) publish(m Message) (free bool) {
	a.Lock()
	defer a.Unlock()
	free = a.lent == nil || a.isAlone(a.lent)
	a.latest, a.lent = m, nil
	for b := range a.members {
		b.put(m)
	}
	return free
}

func (a *audience) isAlone(b *mailbox) bool {
	_, isMember := a.members[b]
	return isMember && len(a.members) == 1
}

func (a *audience) tell(err error) {
	a.Lock()
	defer a.Unlock()
	for b := range a.members {
		b.errs = append(b.errs, err)
		b.wake()
	}
}

// take returns what there is in b, and empties it.
func (a *audience) take(b *mailbox) (Message, []error) {
	a.Lock()
	defer a.Unlock()
	message, errs := b.message, b.errs
	b.message, b.errs = Message{}, nil
	if message.Seq > 0 {
		b.told = message.Cause != Removed
		if b.reuses && a.isAlone(b) {
			a.lent = b
		} else {
			message.Data = b.copy(message.Data)
		}
	}
	return message, errs
}

// copy is a copy of data for the loop.
func (b *mailbox) copy(data []byte) []byte {
	if !b.reuses || data == nil {
		return bytes.Clone(data)
	}
	b.had = append(roomFor(len(data), b.had), data...)
	return b.had
}
