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
// of the same file, whatever happens to its name. Where that cannot be had, without
// /proc or a free descriptor, it is a link to the name, which at least keeps the file
// from being deleted. A file that is not there is a NotFound: one that comes a moment
// later must not be given to Qt unpinned.
func (System) Pin(p ipc.Place) (*ipc.Pin, error) {
	if descriptors() == "" {
		return pinByLink(p)
	}
	fd, err := unix.Open(p.Segment, unix.O_PATH|unix.O_CLOEXEC, 0)
	switch errno, _ := err.(syscall.Errno); {
	case err == nil:
		return &ipc.Pin{Name: descriptors() + strconv.Itoa(fd), Lasts: true, Release: func() { _ = unix.Close(fd) }}, nil
	case errno == unix.EMFILE, errno == unix.ENFILE:
		return pinByLink(p)
	default:
		return nil, explain(&lookError{path: p.Segment, step: stepFile, errno: errno}, p)
	}
}

func pinByLink(p ipc.Place) (*ipc.Pin, error) {
	name, remove, err := linkTo(p.Segment)
	if err != nil {
		return nil, err
	}
	return &ipc.Pin{Name: name, Release: remove}, nil
}

// descriptors is the directory of this program's descriptors in /proc, empty if there is
// none. Qt follows the path four times for each segment, so it is without the link that
// /proc/self is.
var descriptors = sync.OnceValue(func() string {
	self, err := os.Readlink("/proc/self")
	if dir := "/proc/" + self + "/fd/"; err == nil && unix.Access(dir, unix.X_OK) == nil {
		return dir
	}
	return ""
})

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
