//go:build !windows

package qtbridge

import (
	"errors"
	"io/fs"
	"syscall"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

func inspectOnce(op string, key Key, p place) (State, error) {
	i := inspection{op: op, rows: readSegments(), state: State{Key: key}}
	s := &i.state
	if err := i.lookAtSegment(p.segment); err != nil {
		return *s, err
	}
	if p.lock != "" {
		if err := i.lookAtLock(p.lock); err != nil {
			return *s, err
		}
	}
	s.Strays = i.findStrays()
	if p.lock != "" && !s.Lock.File.Exists && s.Segment.isInUse() {
		s.Lock.Strays = i.findStrayLocks()
	}
	s.Verdict = s.judge()
	return *s, nil
}

// inspection is an Inspect under way.
type inspection struct {
	op       string
	rows     []segmentRow // all segments whose key can be one of Qt's
	fileless bool         // it is known that no file leads to any of rows
	locks    []semaphoreRow
	maps     procfs.Mappings
	state    State
}

// semaphores returns all semaphores whose key can be one of Qt's.
func (i *inspection) semaphores() []semaphoreRow {
	if i.locks == nil {
		i.locks = readSemaphores()
	}
	return i.locks
}

func (i *inspection) lookAtSegment(path string) error {
	s := &i.state.Segment
	var err error
	if s.File, err = i.lookAtFile(path); err != nil {
		return err
	}
	state, lookErr := native.LookSegment(path)
	if s.File.Exists {
		s.IPCKey = state.IPCKey
	}
	if exists, err := i.exists(lookErr); err != nil || !exists {
		return err
	}
	s.Exists = true
	s.SegmentFacts = SegmentFacts{
		IPCKey: state.IPCKey, ID: state.ID, Size: state.Size, Mode: fs.FileMode(state.Mode), Owner: state.Owner,
		Attached: state.Attached, Creator: process(state.Creator), Last: process(state.Last),
	}
	if lookErr != nil {
		// Not ours to look at, but everybody's to read in /proc.
		for _, row := range i.rows {
			if row.id == state.ID {
				s.SegmentFacts = row.facts()
			}
		}
	}
	return nil
}

func (i *inspection) lookAtLock(path string) error {
	l := &i.state.Lock
	var err error
	if l.File, err = i.lookAtFile(path); err != nil {
		return err
	}
	state, lookErr := native.LookSemaphore(path)
	if l.File.Exists {
		l.IPCKey = state.IPCKey
	}
	if exists, err := i.exists(lookErr); err != nil || !exists {
		return err
	}
	l.Exists, l.ID = true, state.ID
	if lookErr == nil {
		l.Value, l.Waiters = state.Value, state.Waiters
		l.Last = Process{PID: state.Last, Alive: !isForsaken(state)}
		l.Mode, l.Owner = fs.FileMode(state.Mode), state.Owner
		return nil
	}
	l.Value, l.Last = -1, process(0)
	for _, row := range i.semaphores() {
		if row.id == state.ID {
			l.Mode, l.Owner = row.mode, row.owner
		}
	}
	return nil
}

// exists tells what the error of a look means: that there is something, or
// something of another user's, that there is nothing, or that it cannot be told.
func (i *inspection) exists(err error) (bool, error) {
	if err == nil {
		return true, nil
	}
	e, ok := errors.AsType[*native.LookError](err)
	switch {
	case !ok:
		return false, qtError(i.op, i.state.Key, err)
	case e.Step == native.StepFile && e.Errno == syscall.ENOENT:
		return false, nil
	case e.Step == native.StepFile:
		return false, lookError(i.op, i.state.Key, e)
	}
	return e.Errno == syscall.EACCES, nil
}

// lookAtFile looks at a key file. Why it cannot, the look at what hangs on it
// tells better.
func (i *inspection) lookAtFile(path string) (KeyFile, error) {
	file, err := lookFile(path)
	if errno, ok := errors.AsType[syscall.Errno](err); ok && errno != syscall.ENOENT {
		return file, lookError(i.op, i.state.Key,
			&native.LookError{Path: path, Step: native.StepFile, Errno: errno})
	}
	return file, nil
}
