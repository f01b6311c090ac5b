package qtbridge

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"qtinterop/native"
)

// Segment is a shared memory segment that this process is attached to, with
// the lock that goes with it.
//
// All methods may be called from many goroutines at once. They do not order
// accesses to the memory: that is what the lock is for, between goroutines as
// between processes. Close may come at any time; methods return [ErrClosed]
// from then on.
//
// A Segment must be closed, or it stays attached until the process ends. One
// that nothing refers to any more is closed by the garbage collector as a
// backstop, so a program that only wants to keep a segment in being must keep
// the Segment too.
type Segment struct {
	*closer
	*attachment
	mode    Mode
	size    int
	cleanup runtime.Cleanup
}

func newSegment(key Key, a *attachment, mode Mode) *Segment {
	// The closer must not refer to the Segment, which could never be forgotten.
	s := &Segment{closer: newCloser(key, a.detach), attachment: a, mode: mode, size: len(a.data)}
	s.cleanup = runtime.AddCleanup(s, abandon, s.closer)
	return s
}

// Key returns the key that the Segment was created or attached with.
func (s *Segment) Key() Key { return s.key }

// Size returns the size in bytes: what the creator asked for, but on Windows
// rounded up to whole pages of 4096 bytes, with zeros after what was written: see
// [Encoding.DecodeToNUL]. It stays the same after Close.
func (s *Segment) Size() int { return s.size }

// Mode returns the mode that the Segment was created or attached with.
func (s *Segment) Mode() Mode { return s.mode }

// Lockable tells whether the segment has a lock. With a [QtKey] it has. With a
// [NativeKey] it is so if somebody has made one: a Qt program of Qt 6.6 or later, or
// [Create]. Programs with an older Qt do not take it: their lock() returns false, at
// which they often do not look. So it excludes only those who know it, and readers of
// such a segment use [Segment.Snapshot]. Others can make and remove it at any time. It
// is false after Close.
func (s *Segment) Lockable() bool {
	if s.lock == nil || s.enter("lock") != nil {
		return false
	}
	defer s.leave()
	return !s.key.IsNative() || s.lock.exists()
}

// Claim has the segment go with s, if that is the last one to detach, as with Qt, also if
// nobody was attached to it when s attached: see [Segment.Close]. Another Segment that
// found it so still leaves it. It does nothing after Close.
func (s *Segment) Claim() {
	if s.enter("claim") == nil {
		s.mem.claim()
		s.leave()
	}
}

// WasUnused tells whether no other program was attached to the segment when s attached,
// as to what a crash has left behind: its content is the last that there was. It is false after
// [Segment.Claim], and on systems that tell nothing of it: Windows, where such a segment
// does not exist, and with a [PosixKey], of which [Inspect] tells before.
func (s *Segment) WasUnused() bool { return s.mem.keeper.Load() != nil }

// Close detaches, and gives back the lock if the Segment holds it. The last one
// to detach removes the segment and its key file, and who made the semaphore
// removes that, as with Qt (QSharedMemory::detach and the destructor).
//
// But a segment that nobody was attached to when s attached, as one that a crash has
// left behind, stays as it was found: it may be the only copy of what the other program
// had. [Segment.Claim] takes that back, and [Recover] removes it.
//
// Close calls off those who wait for the lock and waits, a second at most, for
// methods that are under way. If a [Segment.View] lasts longer, it returns
// [ErrBusy], and the segment detaches when the View ends. If another process
// holds the lock and this Segment is the last one or made the lock, Close waits
// a tenth of a second for it, then detaches without and leaves the semaphore to
// that process. A second Close returns [ErrClosed].
func (s *Segment) Close() error {
	s.cleanup.Stop()
	return s.close()
}

// Create makes a segment of size bytes, all zero, and attaches to it
// (QSharedMemory::create).
//
// A segment that exists is an [ErrExists] and stays as it is, with its lock.
// Only one that a crash has left behind, with nobody attached and its creator
// gone, is removed first, but not with a [PosixKey], where the creator is not known:
// to keep its content, [Attach] to it before. With a
// [QtKey] the lock is made as well; where it exists already and is held, Create
// waits for it until ctx ends, which is an [ErrLocked]. So it is with a
// [NativeKey], which has a lock since Qt 6.6: programs with an older Qt do not see it.
// The key file of a native key must not exist, or be empty: Qt deletes it in the end.
//
// On Windows a segment goes with its last handle, so that a crash leaves none
// behind. A Create that fails leaves no handle, unlike Qt's create(), with which
// a segment outlives its owner.
//
// An ErrExists names another key file that the segment is, or may be, of: two can have one
// System V key by chance. Such a segment is not removed, if it cannot be told by when all
// were made that it is of this key.
//
// Other errors: [ErrKey], [ErrSize], [ErrMode], [ErrPermission],
// [ErrResources], [ErrUnavailable]. After an error nothing is left that was not
// there before.
func Create(ctx context.Context, key Key, size int, mode Mode) (*Segment, error) {
	return createSegment(ctx, &creation{op: "create", key: key, size: size, mode: mode})
}

// CreateNew is [Create] that leaves alone also what a crash has left behind, as
// QSharedMemory::create() does: that is an [ErrExists].
func CreateNew(ctx context.Context, key Key, size int, mode Mode) (*Segment, error) {
	return createSegment(ctx, &creation{op: "create", key: key, size: size, mode: mode, strict: true})
}

func createSegment(ctx context.Context, c *creation) (*Segment, error) {
	var err error
	if c.place, err = check(c.op, c.key, c.mode); err != nil {
		return nil, err
	}
	if err := checkSize(c.op, c.key, c.size); err != nil {
		return nil, err
	}
	a, err := c.run(ctx)
	if err != nil {
		return nil, err
	}
	return newSegment(c.key, a, c.mode), nil
}

// Open attaches to the segment with this key, or creates one of size bytes where there is
// none, as Qt programs do with create() and, if that fails, attach(). Of many who call it
// at once, in whatever programs, one creates; init, if not nil, is called by that one
// alone, with the new memory, which is zero. Who takes the lock sees nothing of it before
// init has returned. An error of init undoes the creation, and is returned. init must not
// keep the slice, nor use the key.
//
// A segment that exists is as it is, also one that a crash has left behind: see
// [Segment.Close]. One of fewer than size bytes is an [ErrSize]. Errors are else those of
// [Create] and [Attach], but for [ErrExists] and [ErrNotFound]: while segments come and
// go, it tries again until ctx ends, which is an [ErrBusy].
func Open(ctx context.Context, key Key, size int, mode Mode, init func(data []byte) error) (*Segment, error) {
	const op = "open"
	for {
		s, err := Attach(ctx, key, mode)
		if isNotFound(err) {
			s, err = createSegment(ctx, &creation{op: op, key: key, size: size, mode: mode, strict: true, fill: init})
		}
		switch {
		case err == nil && s.size < size:
			_ = s.Close()
			return nil, &Error{Op: op, Key: key, Code: ErrSize,
				Msg: fmt.Sprintf("it exists and has %d bytes, not %d; ask for as many, or have those who use it detach", s.size, size)}
		case !isNotFound(err) && !isExists(err):
			return s, err
		case ctx.Err() != nil:
			return nil, &Error{Op: op, Key: key, Code: ErrBusy, Err: context.Cause(ctx), Msg: context.Cause(ctx).Error() + " while segments came and went: " + err.Error()}
		}
		time.Sleep(settlingStep)
	}
}

// Reachable tells whether others find this segment by its key. It is an [ErrNotFound] if
// they do not: because the segment, or its key file, was removed, as by a cleaner of
// temporary files, or another one was made in its place. What is written to it then,
// nobody else sees but those who are attached. It takes a stat, shmget and shmctl, about
// 2 µs, and does not wait. On Windows a segment that is open can be found.
func (s *Segment) Reachable() error {
	const op = "reach"
	if err := s.enter(op); err != nil {
		return err
	}
	defer s.leave()
	if !s.place.traits().IDs {
		return nil
	}
	found, err := s.place.look(op, s.key)
	if err == nil && found.ID != s.id {
		return &Error{Op: op, Key: s.key, Code: ErrNotFound,
			Msg: "the key leads to another segment by now; attach again"}
	}
	return err
}

// Attach attaches to a segment that exists (QSharedMemory::attach).
//
// Unlike Qt's, it does not need the lock and never makes one, so that it has no
// effect on the peer beyond the attachment. On Windows Qt asks for full access
// to the object even to read; the view of a read-only Segment is protected all
// the same. But the peer's create() fails, and
// its segment lives on, as long as anybody is attached. A segment that nobody is
// attached to, but whose creator runs, may be just being made: Attach gives it
// about 50 ms; if ctx ends before, that is an [ErrBusy]. So it is if the segment is surely
// that of another key file, which by chance has the same System V key: see [Namesake].
//
// Other errors: [ErrNotFound], which says what is missing, [ErrPermission],
// [ErrKey], [ErrMode], [ErrResources], [ErrUnavailable].
func Attach(ctx context.Context, key Key, mode Mode) (*Segment, error) {
	p, err := check(opAttach, key, mode)
	if err != nil {
		return nil, err
	}
	a, err := attach(ctx, key, p, mode)
	if err != nil {
		return nil, err
	}
	return newSegment(key, a, mode), nil
}

// check checks what Create and Attach have in common.
func check(op string, key Key, mode Mode) (place, error) {
	if mode != ReadOnly && mode != ReadWrite {
		return place{}, &Error{Op: op, Key: key, Code: ErrMode,
			Msg: fmt.Sprintf("there are ReadOnly and ReadWrite, not %v", mode)}
	}
	return key.placeToUse(op)
}

func checkSize(op string, key Key, size int) error {
	if size <= 0 {
		return &Error{Op: op, Key: key, Code: ErrSize,
			Msg: fmt.Sprintf("%d bytes; a segment has at least 1", size)}
	}
	if int64(size) > native.MaxSize() {
		return &Error{Op: op, Key: key, Code: ErrSize,
			Msg: fmt.Sprintf("%d bytes; create() of Qt %s takes at most %d", size,
				native.VersionRunning(), native.MaxSize())}
	}
	if most := systemOf(key).Traits().MaxSize; int64(size) > most {
		return &Error{Op: op, Key: key, Code: ErrSize,
			Msg: fmt.Sprintf("%d bytes; a process has addresses for %d", size, most)}
	}
	return nil
}
