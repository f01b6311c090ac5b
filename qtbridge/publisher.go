package qtbridge

import (
	"context"
	"fmt"
	"runtime"
)

// A Publisher shows its last message to whoever reads the key: Qt programs that
// poll, as attach, lock, copy, unlock, detach, or that stay attached. It does
// what their Qt counterpart does by detach(), create(), lock(), memcpy() and
// unlock() on a QSharedMemory, and looks at what these return.
//
// The message can be read until the next Publish, or Close: a Publisher that
// has published keeps its segment in being, and must be kept for that long. A
// forgotten one is closed by the garbage collector.
//
// All methods may be called from many goroutines at once. Publishes take turns,
// in no promised order.
type Publisher struct {
	*closer
	opts        PublisherOptions
	publication *publication
	cleanup     runtime.Cleanup
}

// PublisherOptions say how a [Publisher] publishes. The zero value is a new
// segment for each message, which has exactly its size, or on Windows whole pages.
type PublisherOptions struct {
	// InPlace, if not 0, is the size in bytes of one segment for all messages,
	// made by the first Publish. The rest after a message is set to zero. So
	// readers that stay attached are no obstacle, but all read InPlace bytes and
	// must know where a message ends.
	InPlace int
	// Encoding is that of PublishString.
	Encoding Encoding
	// Notice, if not nil, is told of what a Publish sees to by itself: an [ErrNotFound]
	// if readers could not find the segment of the message before any more, because
	// that, or its key file, was removed, so that a new one is made; an [ErrBusy] if it
	// has waited for others to detach for a second. It is called within Publish, and
	// must not call the Publisher.
	Notice func(error)
}

// NewPublisher makes a Publisher for a key. It changes nothing in the system:
// the first [Publisher.Publish] does. A relative [NativeKey] is taken from the
// present working directory, TMPDIR as it is now.
//
// Errors: [ErrKey]; [ErrSize] for an InPlace that no segment can have;
// [ErrUnavailable].
func NewPublisher(key Key, opts PublisherOptions) (*Publisher, error) {
	at, err := key.placeToUse(opPublish)
	if err != nil {
		return nil, err
	}
	if opts.InPlace != 0 {
		if err := checkSize(opPublish, key, opts.InPlace); err != nil {
			return nil, err
		}
	}
	// The closer must not refer to the Publisher, which could never be forgotten.
	made := newPublication(key, at, opts.InPlace, opts.Notice)
	p := &Publisher{closer: newCloser(key, made.close), opts: opts, publication: made}
	p.cleanup = runtime.AddCleanup(p, abandon, p.closer)
	return p, nil
}

// Key returns the key that the Publisher was made for.
func (p *Publisher) Key() Key { return p.key }

// Publish makes data what readers of the key see, and copies it nowhere but
// into the segment. data is not kept.
//
// It detaches from the segment before and creates one of exactly len(data)
// bytes, on Windows of whole pages with zeros at the end. With a [QtKey] it
// holds the lock from before the detaching until the copy is complete, so a
// reader that locks sees the old message or the new one, never zeros and never
// no segment; it waits for the lock until ctx ends, which is an [ErrLocked].
// So it is with a [NativeKey] for readers with Qt 6.6 or later. Older ones have no lock:
// they can come between, and find no segment, or zeros, or a part. The key file of a
// native key, on which the lock hangs, stays from message to message until Close. If
// others delete it, as a reader that came before the first message does in the end, the
// next Publish makes another one.
//
// With a [PosixKey] the segment before is unlinked, which Qt has no call for, and with
// the Publisher's Close the last one, unless others have it then. One that was there
// before the first Publish is an [ErrExists], until [Recover] removes it.
//
// While anybody else is attached to the message before, a new segment cannot be
// created. Publish waits for them, without the lock, and looks again after 50 µs,
// then twice as long each time, up to 2 ms. Until they have gone the old message
// stays. If ctx ends first, that is an [ErrBusy] with the context's error in it.
// It also waits for readers of a segment whose creator is dead. A segment that a
// crash left behind, with nobody attached, is removed, as by [Create]. One of
// another living process, or of something else in this program, is an
// [ErrExists] at once, and stays as it is.
//
// On Windows a segment lives as long as anybody has it open, in whole pages, and
// nothing tells who made it: one that exists before the first message is an
// [ErrExists], whoever keeps it, unless the other programs have closed it. If a
// reader comes in the moment between the old message and the new one, Publish
// cannot tell the old segment from one of another program. It waits until that is
// gone, as above, and the old message goes with the reader. A Qt program whose
// create() failed counts as a reader until it deletes its QSharedMemory.
//
// With InPlace the first message creates the segment, by the same rules, or goes on with
// one of the same size whose creator is gone and that readers are still attached to; the
// others are written into it under the lock. If the key does not lead to it any more, a
// new one is made. A reader that has none, as with a native
// key before Qt 6.6, can see a mixture of two messages, and one that reads until two
// reads agree, as [Segment.Snapshot] does, almost never does. data longer than
// InPlace is an [ErrRange]; no data makes all of it zero.
//
// If another process resets or removes the lock while Publish holds it, as
// create() and destructors of Qt do, or on Windows releases it once too often,
// somebody may have written meanwhile: Publish writes the message once more, up
// to 10 times, and is an [ErrLockLost] if that does not help or ctx ends; then
// data is published, but may be mixed.
//
// After all other errors the message before is still published, unless creating
// the new segment failed, for which the old one has to go first: then nothing
// is. The system's limits are looked at before that: data beyond one is an [ErrSize]
// or [ErrResources]. The next Publish works as any. If ctx has ended already, nothing is
// touched; that is an [ErrBusy]. So it is if ctx ends while another Publish is
// under way.
//
// Other errors: [ErrSize] also for no data, [ErrClosed], also if Close calls it off
// while it waits, [ErrKey], [ErrPermission], [ErrResources].
func (p *Publisher) Publish(ctx context.Context, data []byte) error {
	defer runtime.KeepAlive(p) // or the collector might call it off
	if err := p.enter(opPublish); err != nil {
		return err
	}
	defer p.leave()
	if err := p.check(data); err != nil {
		return err
	}
	return p.publication.publish(ctx, p.called, data)
}

// PublishString publishes text as PublisherOptions.Encoding has it, without a
// NUL at the end. What it does not have is an [ErrText], and nothing is
// published. Other errors are those of [Publisher.Publish].
func (p *Publisher) PublishString(ctx context.Context, text string) error {
	data, err := p.opts.Encoding.Encode(text)
	if err != nil {
		return err
	}
	return p.Publish(ctx, data)
}

func (p *Publisher) check(data []byte) error {
	switch {
	case p.opts.InPlace == 0:
		return checkSize(opPublish, p.key, len(data))
	case len(data) > p.opts.InPlace:
		return &Error{Op: opPublish, Key: p.key, Code: ErrRange,
			Msg: fmt.Sprintf("%d bytes; PublisherOptions.InPlace is %d; set it to the longest message", len(data), p.opts.InPlace)}
	}
	return nil
}

// Close detaches, which as the last one removes the segment and its key file,
// and removes the lock if the Publisher made it or its segment, as
// [Segment.Close] does. Readers that are attached keep what they have.
//
// It calls off every Publish that waits, which takes 50 ms at most, and waits
// for a copy under way, a second at most: then it is an [ErrBusy], and the
// segment goes when the copy has ended. If another process holds the lock, Close
// waits a tenth of a second for it, then leaves the semaphore to that process. A
// second Close returns [ErrClosed].
func (p *Publisher) Close() error {
	p.cleanup.Stop()
	return p.close()
}
