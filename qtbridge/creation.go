package qtbridge

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// creation is one attempt to create a segment.
type creation struct {
	op    string // whose errors these are
	key   Key
	place place
	size  int
	mode  Mode
}

// run looks first: create() of Qt, even one that fails, resets the lock that
// another process may hold.
func (c *creation) run(ctx context.Context) (*Segment, error) {
	if err := c.checkFree(); err != nil {
		return nil, err
	}
	if c.place.lock == "" {
		mem, err := c.make()
		if err != nil {
			return nil, err
		}
		return newSegment(newAttachment(c.key, c.place.segment, mem, nil), c.mode), nil
	}
	return c.runLocked(ctx)
}

// checkFree is an error if there is a segment that is not an orphan, or
// something else in its place.
func (c *creation) checkFree() error {
	state, err := look(c.op, c.key, c.place.segment)
	switch {
	case err == nil && !isOrphan(state):
		return c.exists(state)
	case err != nil && !isNotFound(err):
		return err
	}
	return c.checkFile()
}

// checkFile keeps Qt from using somebody's own file as key file: the last one
// to detach would delete it.
func (c *creation) checkFile() error {
	if !hasKeyFiles {
		return nil
	}
	info, err := os.Stat(c.place.segment)
	switch {
	case os.IsNotExist(err):
		return c.checkDir()
	case err != nil:
		return &Error{Op: c.op, Key: c.key, Code: ErrKey, Err: err, Msg: err.Error()}
	case isOwnFile(info):
		return &Error{Op: c.op, Key: c.key, Code: ErrKey,
			Msg: c.place.segment + " is not an empty file as Qt makes one; Qt would delete it in the end; use another key"}
	}
	return nil
}

func (c *creation) checkDir() error {
	if isDir(filepath.Dir(c.place.segment)) {
		return nil
	}
	return keyError(c.op, c.key, missingFile(c.key, c.place.segment))
}

// runLocked makes the segment while it holds the lock, so that no other
// process is between two steps of its own.
func (c *creation) runLocked(ctx context.Context) (*Segment, error) {
	l := newLock(c.key, c.place.lock)
	mem, err := c.makeLocked(ctx, l)
	if err != nil {
		l.drop()
		return nil, err
	}
	return newSegment(newAttachment(c.key, c.place.segment, mem, l), c.mode), nil
}

func (c *creation) makeLocked(ctx context.Context, l *lock) (*memory, error) {
	if err := l.acquireUnjammed(ctx, nil, c.op); err != nil {
		l.dispose(false)
		return nil, err
	}
	mem, err := c.makeIfFree()
	if err == nil {
		// As create() of Qt does, reset the semaphore and become its owner:
		// that gives the lock back as well.
		err = l.own(c.op)
	}
	if err != nil {
		if mem != nil {
			mem.Close()
		}
		// Who was faster relies on the semaphore, even if it is of our making.
		l.dispose(!errors.Is(err, ErrExists))
		l.giveBriefly()
		mem = nil
	}
	l.gate.leave()
	return mem, err
}

func (c *creation) makeIfFree() (*memory, error) {
	if err := c.checkFree(); err != nil {
		return nil, err
	}
	return c.make()
}

// make has Qt create the segment, with a fresh object each time: on Qt before
// 6.6 a create() with a native key spoils the object for the next. It starts
// again when a reader that came and went between the steps of Qt's create()
// took the segment with it.
func (c *creation) make() (*memory, error) {
	var err error
	for range retries {
		if err = c.reclaim(); err != nil {
			return nil, err
		}
		var mem *memory
		if mem, err = newMemory(c.op, c.key); err != nil {
			return nil, err
		}
		if err = mem.create(c.op, c.key, c.place.segment, c.size, c.mode); err == nil {
			return mem, nil
		}
		mem.Close()
		if !isPassing(err) {
			break
		}
		time.Sleep(settlingStep)
	}
	return nil, err
}
