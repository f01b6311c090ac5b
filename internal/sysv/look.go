//go:build linux

package sysv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

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

// SegmentByID looks at the segment id, whose key file may be gone. If it is
// removed but still attached to, its Key is 0. The error is a [syscall.Errno].
func (System) SegmentByID(id int) (ipc.Segment, error) {
	var ds unix.SysvShmDesc
	if _, err := unix.SysvShmCtl(id, unix.IPC_STAT, &ds); err != nil {
		return ipc.Segment{}, err
	}
	return ipc.Segment{
		Key: ds.Perm.Key, ID: id, Size: int64(ds.Segsz), Attached: int(ds.Nattch), Creator: int(ds.Cpid),
		Last: int(ds.Lpid), Owner: int(ds.Perm.Uid), Group: int(ds.Perm.Gid), Mode: fs.FileMode(ds.Perm.Mode) & fs.ModePerm,
		Made: time.Unix(int64(ds.Ctime), 0), Touched: time.Unix(int64(max(ds.Atime, ds.Dtime)), 0),
	}, nil
}

// StillSegment looks by stat(2) and shmctl(2): a segment that nobody has removed has the
// key that it was made with, and no other one has that.
func (s System) StillSegment(p ipc.Place, id int) (ipc.Segment, bool) {
	key, ok := fileKey(p.Segment)
	if !ok {
		return ipc.Segment{}, false
	}
	segment, err := s.SegmentByID(id)
	return segment, err == nil && segment.Key == int32(key)
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

// explain says what it means that a look ended early, and what to do. The words are
// found when they are asked for: most looks that find nothing need none.
func explain(err error, p ipc.Place) error {
	e, ok := errors.AsType[*lookError](err)
	if !ok {
		return &ipc.Error{Code: ipc.Unsupported, Text: err.Error(), Err: err}
	}
	if e.isRefused() {
		return refusedError([...]string{stepFind: "find", stepState: "look at"}[e.step]+" the object of key file "+e.path, e.errno)
	}
	found := &ipc.Error{Code: ipc.Unusable, Err: e, Explain: func() string { return e.explain(p.Native) }}
	switch {
	case e.isForbidden():
		found.Code = ipc.Permission
	case e.step != stepFile: // ENOENT, or EINVAL or EIDRM if it went away during the look
		found.Code, found.Partial = ipc.NotFound, true
	case e.errno == syscall.ENOENT:
		found.Code = ipc.NotFound
	}
	return found
}

func (e *lookError) isForbidden() bool { return e.errno == syscall.EACCES || e.errno == syscall.EPERM }

// isRefused tells whether the system does not let us look at anything of the kind. To
// find an object by its key takes no rights to it, and to read its state those of its
// owner.
func (e *lookError) isRefused() bool {
	switch {
	case e.step == stepFile:
		return false
	case e.errno == syscall.ENOSYS:
		return true
	}
	return e.isForbidden() && (e.step == stepFind || refusal() != nil)
}

func (e *lookError) explain(native bool) string {
	switch {
	case e.isForbidden():
		return fmt.Sprintf("%v; it belongs to %s, and this program runs as user %d", e, ownerOf(e.path), os.Geteuid())
	case e.step != stepFile && isOfAnother(e.path):
		return fmt.Sprintf("there is no segment of %s, which is no empty file as Qt makes one for a key; give the key as the Qt program does, or start that", e.path)
	case e.step != stepFile:
		return fmt.Sprintf("there is a key file, %s, but nothing behind it, as a crash or an interrupted start leaves it; start the Qt program", e.path)
	case e.errno == syscall.ENOENT:
		return missingFile(e.path, native)
	}
	return e.Error() + "; use a key whose file can exist"
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

// isOfAnother tells whether a file is there for another purpose than a key.
func isOfAnother(path string) bool {
	file, err := lookFile(path)
	return err == nil && !file.Plain
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
