//go:build linux

package sysv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"qtinterop/internal/ipc"
)

// step is how far a look came.
type step int

// The steps of a look: finding the key file, finding the object with its key,
// reading the object's state.
const (
	stepFile step = iota
	stepFind
	stepState
)

// lookError is a look that ended early.
type lookError struct {
	path  string
	step  step
	errno syscall.Errno
}

func (e *lookError) Error() string {
	step := [...]string{"key file", "object of key file", "state of object of key file"}
	return fmt.Sprintf("sysv: %s %s: %v", step[e.step], e.path, e.errno)
}

// Unwrap returns the errno.
func (e *lookError) Unwrap() error { return e.errno }

// Segment looks at a segment by stat(2), shmget(2) and shmctl(2).
func (System) Segment(p ipc.Place) (ipc.Segment, error) {
	segment, err := lookSegment(p.Segment)
	if err != nil {
		return segment, explain(err, p)
	}
	return segment, nil
}

// Attached is how many are attached to a segment.
func (s System) Attached(p ipc.Place) (int, error) {
	segment, err := s.Segment(p)
	return segment.Attached, err
}

// Semaphore looks at a semaphore by stat(2), semget(2) and semctl(2).
func (System) Semaphore(p ipc.Place) (ipc.Semaphore, error) {
	semaphore, err := lookSemaphore(p.Lock)
	if err != nil {
		return semaphore, explain(err, p)
	}
	return semaphore, nil
}

// explain says what it means that a look ended early, and what to do.
func explain(err error, p ipc.Place) error {
	e, ok := errors.AsType[*lookError](err)
	if !ok {
		return &ipc.Error{Code: ipc.Unsupported, Text: err.Error(), Err: err}
	}
	found := &ipc.Error{Code: ipc.Unusable, Err: e}
	switch {
	case e.errno == syscall.EACCES || e.errno == syscall.EPERM:
		found.Code = ipc.Permission
		found.Text = fmt.Sprintf("%s; it belongs to %s, and this program runs as user %d", e, ownerOf(e.path), os.Geteuid())
	case e.step != stepFile:
		// ENOENT, or EINVAL or EIDRM if it went away during the look.
		found.Code, found.Partial = ipc.NotFound, true
		found.Text = fmt.Sprintf("there is a key file, %s, but nothing behind it, as a crash or an interrupted start leaves it; start the Qt program", e.path)
	case e.errno == syscall.ENOENT:
		found.Code = ipc.NotFound
		found.Text = missingFile(e.path, p.Native)
	default:
		found.Text = e.Error() + "; use a key whose file can exist"
	}
	return found
}

// missingFile says why a key file may not be there.
func missingFile(path string, native bool) string {
	if dir := filepath.Dir(path); !isDir(dir) {
		return fmt.Sprintf("there is no directory %s for the key file; give the key as the Qt program does", dir)
	}
	if native {
		return fmt.Sprintf("there is no key file %s; start the Qt program, or name its working directory with NativeKeyIn", path)
	}
	return fmt.Sprintf("there is no key file %s; start the Qt program, with the same TMPDIR as this one", path)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// ownerOf says to whom a file belongs.
func ownerOf(path string) string {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return "another user"
	}
	return fmt.Sprintf("user %d with mode %#o", stat.Uid, stat.Mode&0o777)
}
