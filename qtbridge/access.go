package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"unsafe"
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
	n := copy(p, s.data[off:])
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
	return copy(s.data[off:], p), nil
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
	if s.mode == ReadOnly {
		// A write faults, which is fatal unless the goroutine says otherwise.
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() {
			if r := recover(); r != nil {
				if !s.isFault(r) {
					panic(r)
				}
				err = s.readOnlyError("view")
			}
		}()
	}
	return f(s.data[:s.size:s.size])
}

// isFault tells whether a panic is from touching the memory.
func (s *Segment) isFault(r any) bool {
	fault, ok := r.(interface {
		runtime.Error
		Addr() uintptr
	})
	if !ok {
		return false
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(s.data)))
	return fault.Addr() >= start && fault.Addr()-start < uintptr(s.size)
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
	for {
		switch err := s.lock.acquire(&request{ctx: ctx, closing: s.called, op: op, asks: true}); {
		case isNotFound(err):
			return s.readStable(ctx, buf)
		case err != nil:
			return nil, err
		}
		copied, agreed := s.copyLocked(ctx, buf)
		err := s.lock.release(op)
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
func (s *Segment) copyLocked(ctx context.Context, buf []byte) ([]byte, bool) {
	if s.key.IsNative() {
		return copyStable(ctx, buf, s.data, agreeTries)
	}
	return append(buf[:0], s.data...), true
}

func (s *Segment) readStable(ctx context.Context, buf []byte) ([]byte, error) {
	if buf, ok := copyStable(ctx, buf, s.data, unstableTries); ok {
		return buf, nil
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
