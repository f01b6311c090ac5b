package qtbridge

import (
	"context"
	"iter"
)

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
// watch is the last to do so, and removes the segment then, as Qt has any reader
// do. It takes the lock only to copy what has changed. A segment that a crash
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
// With a [PosixKey] to wait for the semaphore is to take a wake from who waits for the
// lock. So Watch stays attached, which is in nobody's way, and compares; inotify tells
// of a segment that comes or goes.
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
	place, err := key.placeToUse(opWatch)
	if err == nil {
		err = opts.check(key)
	}
	if err == nil && place.traits().MemoryFiles {
		opts.Stay = true // it is in nobody's way
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
