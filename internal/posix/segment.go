//go:build linux

package posix

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
)

// Segment looks at a segment by stat(2), which does not tell how many are attached,
// nor who made it.
func (System) Segment(p ipc.Place) (ipc.Segment, error) {
	stat, err := look(p.Segment)
	if err != nil {
		return ipc.Segment{}, err
	}
	if stat.Size == 0 {
		return ipc.Segment{}, &ipc.Error{Code: ipc.NotFound, Partial: true,
			Text: fmt.Sprintf("%s has no size yet: a program is making it, or was ended before it gave it one; start the Qt program, or call Recover", p.Segment)}
	}
	return segmentOf(stat), nil
}

func segmentOf(stat *unix.Stat_t) ipc.Segment {
	return ipc.Segment{
		ID: int(stat.Ino), Size: stat.Size, Mode: fs.FileMode(stat.Mode & 0o777), Owner: int(stat.Uid),
		Attached: ipc.Uncounted, Unclaimed: true, Made: time.Unix(stat.Ctim.Unix()),
	}
}

// SegmentByID is an Unsupported.
func (System) SegmentByID(int) (ipc.Segment, error) {
	return ipc.Segment{}, &ipc.Error{Code: ipc.Unsupported, Err: errors.ErrUnsupported,
		Text: "POSIX segments cannot be found by their id; use their names"}
}

// Attached is 0 if nobody has the segment open, and 1 if anybody has.
func (System) Attached(p ipc.Place) (int, error) {
	fd, err := open(p.Segment)
	if err != nil {
		return 0, err
	}
	defer func() { _ = unix.Close(fd) }()
	if alone, err := isAlone(fd); err != nil || !alone {
		return 1, err
	}
	return 0, nil
}

// Touchable is always so: what cannot be touched of a file shows when it is.
func (System) Touchable([]byte) bool { return true }

// Reserve has the system provide the memory of a segment, which would else do so when
// it is touched.
func (System) Reserve(p ipc.Place, size int64) error {
	fd, err := open(p.Segment)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		switch err := unix.Fallocate(fd, 0, 0, size); err {
		case nil:
			return nil
		case unix.EINTR:
		case unix.ENOSPC:
			return noSpace(size, err)
		default:
			return fileError(p.Segment, err)
		}
	}
}

// CheckSize is an error for a size at which Qt would fail halfway, and leave a segment,
// or at which ftruncate(2) would end the program.
func (System) CheckSize(size, _ int64) error {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_FSIZE, &limit) == nil && limit.Cur < uint64(size) {
		return &ipc.Error{Code: ipc.Size,
			Text: fmt.Sprintf("%d bytes; this process may make files of %d, see ulimit -f", size, limit.Cur)}
	}
	var space unix.Statfs_t
	if unix.Statfs(directory, &space) == nil && space.Blocks > 0 && space.Bavail*uint64(space.Bsize) < uint64(size) {
		return noSpace(size, unix.ENOSPC)
	}
	memory, err := unix.MmapPtr(-1, 0, nil, uintptr(size), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return &ipc.Error{Code: ipc.Resources, Err: err,
			Text: fmt.Sprintf("this process has no addresses left for %d bytes: %v; see ulimit -v", size, err)}
	}
	return unix.MunmapPtr(memory, uintptr(size))
}

func noSpace(size int64, err error) error {
	return &ipc.Error{Code: ipc.Resources, Err: err,
		Text: fmt.Sprintf("%s has no %d bytes left; %s", traits.Directory, size, traits.Remedies[ipc.Resources])}
}

// Remove removes a file of a place that has the id and that nobody else has open. Who
// finds the name of a segment in the last moment meets one of no size.
func (System) Remove(path string, id int) error {
	fd, err := open(path)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return fileError(path, err)
	}
	end, alone, err := lease(fd)
	switch {
	case err != nil:
		return err
	case !alone, int(stat.Ino) != id:
		return &ipc.Error{Code: ipc.Busy, Text: "others have " + path + " open, or have made it anew; have them detach"}
	}
	defer end()
	if !isSemaphore(path) {
		if err := unix.Ftruncate(fd, 0); err != nil {
			return fileError(path, err)
		}
	}
	if err := unix.Unlink(path); err != nil {
		return fileError(path, err)
	}
	return nil
}

// look is stat(2) for a file of ours.
func look(path string) (*unix.Stat_t, error) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return nil, fileError(path, err)
	}
	return &stat, checkRegular(path, &stat)
}

func checkRegular(path string, stat *unix.Stat_t) error {
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return &ipc.Error{Code: ipc.Unusable, Text: path + " is no regular file, so it is none of Qt's; use another key"}
	}
	return nil
}

// open opens a file of ours, to read and to write. A symbolic link is none, to the C
// library neither. What is no regular file it must not hang on.
func open(path string) (int, error) {
	if _, err := look(path); err != nil {
		return -1, err
	}
	for {
		fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
		switch err {
		case nil:
			return fd, nil
		case unix.EINTR:
		default:
			return -1, fileError(path, err)
		}
	}
}

// fileError says what it means that a file could not be opened or used.
func fileError(path string, err error) error {
	e := &ipc.Error{Code: ipc.Unusable, Err: err, Text: path + ": " + err.Error() + "; use another key"}
	switch err {
	case unix.ENOENT:
		e.Code = ipc.NotFound
		e.Explain = func() string { return missing(path) }
	case unix.EACCES, unix.EPERM:
		e.Code = ipc.Permission
		e.Explain = func() string { return forbidden(path, err) }
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOSPC, unix.EROFS:
		e.Code, e.Text = ipc.Resources, path+": "+err.Error()
	}
	return e
}

func missing(path string) string {
	if info, err := os.Stat(directory); err != nil || !info.IsDir() {
		return "there is no " + traits.Directory + ", where POSIX shared memory is; mount a tmpfs there, which containers may lack, or use a System V key"
	}
	return "there is no " + path + "; start the Qt program"
}

func forbidden(path string, err error) string {
	owner := "another user"
	var stat syscall.Stat_t
	if syscall.Stat(path, &stat) == nil {
		owner = fmt.Sprintf("user %d with mode %#o", stat.Uid, stat.Mode&0o777)
	}
	return fmt.Sprintf("%s: %v; it belongs to %s, and this program runs as user %d", path, err, owner, os.Geteuid())
}
