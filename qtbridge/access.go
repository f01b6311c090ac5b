package qtbridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"qtinterop/internal/fault"
)

// unstableTries is how often Snapshot reads a segment without a lock.
const unstableTries = 1000

// ReadAt copies from the segment, beginning off bytes after its start, into p.
// It does not lock and does not wait: what another process writes at the same
// time arrives in part; see [Segment.WithLock] and [Segment.Snapshot]. It implements
// [io.ReaderAt]: reaching over the end, it copies what there is and returns an
// [ErrRange] that is also [io.EOF].
func (s *Segment) ReadAt(p []byte, off int64) (int, error) {
	if err := s.enter("read"); err != nil {
		return 0, err
	}
	defer s.leave()
	if off < 0 || off > int64(s.size) {
		return 0, s.rangeError("read", off, len(p))
	}
	n, err := s.copy("read", p, s.data[off:])
	if err != nil {
		return 0, err
	}
	if n < len(p) {
		return n, s.rangeError("read", off, len(p))
	}
	return n, nil
}

// WriteAt copies p into the segment, beginning off bytes after its start. It
// does not lock and does not wait; see [Segment.WithLock]. It implements
// [io.WriterAt], but writes nothing at all where p would reach over the end:
// that is an [ErrRange]. On a read-only Segment it is an [ErrReadOnly].
func (s *Segment) WriteAt(p []byte, off int64) (int, error) {
	if err := s.enter("write"); err != nil {
		return 0, err
	}
	defer s.leave()
	if s.mode == ReadOnly {
		return 0, s.readOnlyError("write")
	}
	if off < 0 || off > int64(s.size) || len(p) > s.size-int(off) {
		return 0, s.rangeError("write", off, len(p))
	}
	return s.copy("write", s.data[off:], p)
}

// copy is copy(to, from), of which one is the memory. Where that need not be there, what
// is missing is an error.
func (s *Segment) copy(op string, to, from []byte) (n int, err error) {
	if !s.place.traits().MemoryFiles {
		return copy(to, from), nil
	}
	err = s.guard(op, func() { n = copy(to, from) })
	return n, err
}

// guard calls f, which touches memory that need not be there: then f ends, and it is an
// error.
func (s *Segment) guard(op string, f func()) error {
	if fault.Guard(s.memory, f) {
		return missingError(op, s.key)
	}
	return nil
}

func (s *Segment) memory() []byte { return s.data }

// missingError is about memory that cannot be touched.
func missingError(op string, key Key) *Error {
	return &Error{Op: op, Key: key, Code: ErrResources,
		Msg: "a part of its memory is not there: another program has cut the segment, or there is no room left for it; look at its size and at what is free in its directory, and attach again"}
}

// View calls f with the memory itself, without a copy, and returns f's error.
// It does not lock. The slice must not be used after f has returned: to touch
// it after Close kills the program. To write to it in a read-only Segment ends
// f with an [ErrReadOnly]. While f runs, the segment stays attached; f must not
// wait for a Close.
func (s *Segment) View(f func(data []byte) error) (err error) {
	if err := s.enter("view"); err != nil {
		return err
	}
	defer s.leave()
	call := func() { err = f(s.data[:s.size:s.size]) }
	if s.mode == ReadWrite && !s.place.traits().MemoryFiles {
		call()
		return err
	}
	// What faults is fatal unless the goroutine says otherwise.
	if fault.Guard(s.memory, call) {
		return s.viewError()
	}
	return err
}

// viewError says why a View has met a fault: by a write, or by memory that is not there.
func (s *Segment) viewError() error {
	if !s.place.traits().MemoryFiles {
		return s.readOnlyError("view")
	}
	touch := func() { bytes.Count(s.data, []byte{0}) }
	if err := s.guard("view", touch); err != nil || s.mode == ReadWrite {
		return missingError("view", s.key)
	}
	return s.readOnlyError("view")
}

// Snapshot returns a consistent copy of the whole segment. It reuses the memory
// of buf if that is large enough, and allocates otherwise.
//
// Where there is a lock, it takes it for the time of the copy and waits for it
// until ctx ends, which is an [ErrLocked]. Where there is none, or nobody has
// made one, and with a native key, whose lock not all writers take, it reads until two
// reads agree: a writer that pauses halfway through
// a change cannot be told from one that has finished. [ErrUnstable] is returned
// where they never do, or not before ctx ends. It makes no semaphore.
//
// It also reads that way while a Lock of the same Segment holds the lock, so
// that it can be called within [Segment.WithLock]. That goes for any goroutine:
// where some write under the lock while others take Snapshots, give each a
// Segment of its own.
func (s *Segment) Snapshot(ctx context.Context, buf []byte) ([]byte, error) {
	const op = "snapshot"
	if err := s.enter(op); err != nil {
		return nil, err
	}
	defer s.leave()
	buf = buf[:0]
	if s.lock == nil || s.lock.held.Load() {
		return s.readStable(ctx, buf)
	}
	buf = roomFor(s.size, buf)
	for {
		switch err := s.lock.acquire(&request{ctx: ctx, closing: s.called, op: op, asks: true}); {
		case isNotFound(err):
			return s.readStable(ctx, buf)
		case err != nil:
			return nil, err
		}
		copied, agreed, missing := s.copyLocked(ctx, buf)
		err := s.lock.release(op)
		if missing != nil {
			return nil, missing
		}
		if !agreed {
			return s.readStable(ctx, buf)
		}
		buf = copied
		if !errors.Is(err, ErrLockLost) || ctx.Err() != nil {
			return buf, err
		}
		// Somebody may have written meanwhile: copy again.
	}
}

// copyLocked copies the content while the lock is held. With a native key that does not
// say that nobody writes: programs of Qt before 6.6 do not lock.
func (s *Segment) copyLocked(ctx context.Context, buf []byte) (content []byte, agreed bool, err error) {
	if s.place.someDoNotLock() || s.place.traits().MemoryFiles {
		return s.copyStable(ctx, buf, agreeTries)
	}
	return append(buf[:0], s.data...), true, nil
}

func (s *Segment) copyStable(ctx context.Context, buf []byte, tries int) (content []byte, agreed bool, err error) {
	if s.place.traits().MemoryFiles {
		return s.copyGuarded(ctx, buf, tries)
	}
	content, agreed = copyStable(ctx, buf, s.data, tries)
	return content, agreed, nil
}

func (s *Segment) copyGuarded(ctx context.Context, buf []byte, tries int) (content []byte, agreed bool, err error) {
	err = s.guard("snapshot", func() { content, agreed = copyStable(ctx, buf, s.data, tries) })
	return content, agreed, err
}

func (s *Segment) readStable(ctx context.Context, buf []byte) ([]byte, error) {
	buf, agreed, err := s.copyStable(ctx, buf, unstableTries)
	if agreed || err != nil {
		return buf, err
	}
	return nil, &Error{Op: "snapshot", Key: s.key, Code: ErrUnstable, Err: context.Cause(ctx),
		Msg: "no two reads of it agree; try again, or read what is needed with ReadAt"}
}

func (s *Segment) rangeError(op string, off int64, n int) error {
	e := &Error{Op: op, Key: s.key, Code: ErrRange,
		Msg: fmt.Sprintf("%d bytes at offset %d; the segment has %d bytes", n, off, s.size)}
	if op == "read" && off >= 0 {
		e.Err = io.EOF
	}
	return e
}

func (s *Segment) readOnlyError(op string) error {
	return &Error{Op: op, Key: s.key, Code: ErrReadOnly, Msg: "attach with ReadWrite to write"}
}
