//go:build linux

package sysv

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
)

// Pin returns another path of the key file, which cannot be deleted and stays that
// of the same file, whatever happens to its name, until unpin. Where that cannot
// be had, without /proc or a free descriptor, it is a link to the name, which at
// least keeps the file from being deleted. A file that is not there is a NotFound:
// one that comes a moment later must not be given to Qt unpinned.
func (System) Pin(p ipc.Place) (pinned string, unpin func(), err error) {
	if !hasProc() {
		return linkTo(p.Segment)
	}
	fd, err := unix.Open(p.Segment, unix.O_PATH|unix.O_CLOEXEC, 0)
	switch errno, _ := err.(syscall.Errno); {
	case err == nil:
		return descriptors + strconv.Itoa(fd), func() { _ = unix.Close(fd) }, nil
	case errno == unix.EMFILE, errno == unix.ENFILE:
		return linkTo(p.Segment)
	default:
		return "", nil, explain(&lookError{path: p.Segment, step: stepFile, errno: errno}, p)
	}
}

// Keep has the kernel count one more user than Qt knows of. When that one goes, the
// kernel removes nothing.
func (System) Keep(id int) (end func(), err error) {
	data, err := unix.SysvShmAttach(id, 0, unix.SHM_RDONLY)
	if err != nil {
		return nil, &ipc.Error{Code: ipc.Unknown, Err: err, Text: "shmat: " + err.Error()}
	}
	return func() { _ = unix.SysvShmDetach(data) }, nil
}

// Drop does what Qt does in detach(), but for the key file.
func (s System) Drop(id int) {
	if segment, err := s.SegmentByID(id); err == nil && segment.Attached == 0 {
		_, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	}
}

const descriptors = "/proc/self/fd/"

var hasProc = sync.OnceValue(func() bool { return unix.Access(descriptors, unix.X_OK) == nil })

// Protect gives Qt a link where the key file is somebody's own: Qt deletes the key
// file with the segment, and a peer may use any file as native key.
func (System) Protect(p ipc.Place) (name string, done func(), err error) {
	var stat syscall.Stat_t
	// What is missing is for Qt to find out.
	if !p.Native || syscall.Stat(p.Segment, &stat) != nil || isPlain(&stat) {
		return p.Segment, func() {}, nil
	}
	return linkTo(p.Segment)
}

// linkTo makes a symbolic link to path, in a directory of its own, until remove.
// With it Qt finds the System V key of path, and deletes the link instead of path.
func linkTo(path string) (link string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "qtbridge")
	if err != nil {
		return "", nil, linkError(path, err)
	}
	link = filepath.Join(dir, "key")
	remove = func() { // each by its name, since RemoveAll takes descriptors
		_ = os.Remove(link)
		_ = os.Remove(dir)
	}
	if err := os.Symlink(path, link); err != nil {
		remove()
		return "", nil, linkError(path, err)
	}
	return link, remove, nil
}

func linkError(path string, err error) error {
	return &ipc.Error{Code: ipc.Resources, Err: err,
		Text: "no link to " + path + " can be made: " + err.Error() + "; set TMPDIR to a directory that can be written to"}
}
