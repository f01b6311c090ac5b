package qtbridge

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Cause says what happened to a segment.
type Cause int

// The causes of a [Message].
const (
	// Created: there is a new segment, or there was one when the watch began.
	Created Cause = iota + 1
	// Changed: the content of the segment is another one.
	Changed
	// Removed: the segment is gone, or a crash left it behind with nobody
	// attached.
	Removed
)

var causeTexts = [...]string{Created: "created", Changed: "changed", Removed: "removed"}

func (c Cause) String() string {
	if c <= 0 || int(c) >= len(causeTexts) {
		return fmt.Sprintf("cause %d", int(c))
	}
	return causeTexts[c]
}

// Means is how a change was noticed.
type Means int

// The means of a [Message].
const (
	// ByPoll: by looking from time to time; nothing told of it.
	ByPoll Means = iota + 1
	// ByLock: somebody took the lock and gave it back.
	ByLock
	// ByKeyFile: a key file came or went.
	ByKeyFile
)

var meansTexts = [...]string{ByPoll: "poll", ByLock: "lock", ByKeyFile: "key file"}

func (m Means) String() string {
	if m <= 0 || int(m) >= len(meansTexts) {
		return fmt.Sprintf("means %d", int(m))
	}
	return meansTexts[m]
}

// Message is the state of a segment at one moment.
type Message struct {
	// Data is the whole content, the receiver's own. It is nil if the segment was
	// removed.
	Data []byte
	// Seq grows by one with each state that was seen. While the body of a loop
	// runs, only other loops over the same key look: then a gap tells how many
	// states this loop has missed.
	Seq uint64
	// Time is when Data was copied.
	Time  time.Time
	Cause Cause
	Means Means
}

// Text is Data, up to the first NUL if there is one, as text in encoding e: so
// neither the rest of a larger segment nor that of a page on Windows is part of
// it. For other rules there is [Encoding.Decode], also of a part of Data.
func (m *Message) Text(e Encoding) (string, error) { return e.DecodeToNUL(m.Data) }

// WatchOptions says how to [Watch]. The zero value suits most programs.
type WatchOptions struct {
	// Stay keeps attached to the segment while its creator runs. It makes the
	// watch faster, and looks without a lock cheap. But a peer that detaches and
	// creates anew, as the one that publishes ids does, fails to do so as long
	// as anybody is attached. It is for peers that keep their segment.
	Stay bool
	// Poll is how long at most a change can go unnoticed that neither the lock
	// nor a key file tells of, because the peer writes in place and does not
	// lock; on Windows that is every change. Without Stay each look attaches for
	// some tens of microseconds. 0 is adaptive: 10 ms while such changes happen, up
	// to 3 s while not, or a second with Stay; on Windows up to 50 ms. Looks that
	// take long are rarer.
	Poll time.Duration
	// Settle is how long a new segment may be all zero, or end with a zero where
	// there is no lock, and how long a segment may be gone, without being
	// reported: in between a peer fills it, or makes a new one. On Windows, where a
	// new segment may look like the old one, that goes for all that becomes zero.
	// 0 is 50 ms.
	Settle time.Duration
}

// Watch follows a segment: it yields its content now, if there is a segment, and
// again whenever it changes, whatever the peer does and without its help:
//
//   - A peer that writes under the lock of a [QtKey] wakes the watch through the
//     semaphore; a message is copied under the lock, so it is never torn.
//   - A peer that creates its segment anew for each message wakes the watch
//     through the key file.
//   - For one that writes in place without the lock, the watch looks from time to
//     time: see [WatchOptions].Poll.
//
// Which of them happens need not be known, and may change. There may be no
// segment yet; it may go, come back with another size, its programs may crash
// and start again. Where there is no lock, only content is yielded that two reads
// agree on: a writer that pauses halfway cannot be told from one that is done.
//
// The latest state wins: what changes again while the loop's body runs, or within
// the microseconds that a look takes, is passed over. A new
// segment is a message even if it holds the same bytes. Each loop has messages
// of its own, beginning with the present state; all loops over one key with the
// same options in one process share one watcher.
//
// Watching leaves the peer undisturbed. It never creates, resets or removes a
// semaphore, and attaches read-only, for the time of a copy unless
// [WatchOptions].Stay says otherwise. If the peer detaches within that time, the
// watch is the last to do so, and Qt removes the segment then, as with any
// reader. It takes the lock only to copy what has changed. A segment that a crash
// left behind, with nobody attached, is not read: that would remove it.
//
// On Windows nothing tells of a change: there are no key files, and to wait for
// the semaphore is to take it. So Watch looks from time to time, and compares the
// content; all messages are ByPoll. Nor do segments have an id: a new one that is
// as large and holds the same bytes is seen only if there was none in between at
// the time of a look, and what is Created elsewhere can be Changed. Content comes
// in whole pages, with zeros at the end. As long as a look lasts, a create() of the
// peer fails, as it does beside any reader; between looks Watch has nothing open,
// unless it stays, and a segment goes with its last owner. If the watching
// program is killed while it copies under the lock, the lock stays taken, as if a
// Qt reader had been: end the program by ctx.
//
// An error comes with an empty Message. It does not end the watch, which goes on
// as well as it can: [ErrPermission] while the segment belongs to another user,
// [ErrLocked] while somebody holds the lock for more than a second,
// [ErrResources] if the system has no more inotify instances, so that key files
// are looked for each 10 ms. Each is said once until the state is another. Only
// an error that is there from the beginning, [ErrKey], [ErrUnsupported] or
// [ErrUnavailable], is yielded once and ends it. A key's files are those at the
// time of the call: TMPDIR and the working directory may change later.
//
// The loop ends when ctx does, or with break; then nothing of the watch is left.
// While there is a lock to wait for, a watcher occupies one OS thread.
func Watch(ctx context.Context, key Key, opts WatchOptions) iter.Seq2[Message, error] {
	const op = "watch"
	place, err := key.place(op)
	if err == nil {
		err = opts.check(key)
	}
	return func(yield func(Message, error) bool) {
		if err != nil {
			yield(Message{}, err)
			return
		}
		s := subscribe(watchKey{key, place, opts})
		defer s.leave()
		defer context.AfterFunc(ctx, s.watcher.waiter.Interrupt)()
		for s.await(ctx) {
			message, errs := s.take()
			for _, err := range errs {
				if !yield(Message{}, err) {
					return
				}
			}
			if message.Seq > 0 && !yield(message, nil) {
				return
			}
		}
	}
}

func (o *WatchOptions) check(key Key) error {
	if o.Poll < 0 || o.Settle < 0 {
		return &Error{Op: "watch", Key: key, Code: ErrRange,
			Msg: fmt.Sprintf("Poll is %v and Settle %v; neither can be negative", o.Poll, o.Settle)}
	}
	if o.Settle == 0 {
		o.Settle = 50 * time.Millisecond
	}
	return nil
}
