package qtbridge

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"qtinterop/internal/ipc"
)

// holdInode has the inode of a key file of a lock outlast the file, until release. Qt's
// destructor deletes the file before the semaphore: a new file that got the inode in
// between would lead to this semaphore, and whoever takes that as the lock of another
// key holds what is gone in the next moment.
func holdInode(system ipc.System, file string) (release func()) {
	if system.Traits().KeyFiles {
		if pin, err := system.Pin(ipc.Place{Segment: file}); err == nil {
			return pin.Release
		}
	}
	return func() {}
}

// fileError is about a key file that cannot be made, or looked at.
func fileError(op string, key Key, err error) error {
	e := &Error{Op: op, Key: key, Code: ErrKey, Err: err, Msg: err.Error() + "; use a key whose file can be made"}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Code, e.Msg = ErrResources, err.Error()+"; make room there for the key file, also of inodes, or set TMPDIR to another directory, on both sides"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Code, e.Msg = ErrPermission, err.Error()+"; let this user make files there, or set TMPDIR to another directory, on both sides"
	}
	return e
}

// whyNoKeyFile is an error if no key file can be made in the directory for those of the
// key, which Qt calls an unusable key. It tries another name there.
func whyNoKeyFile(op string, key Key) error {
	p, err := key.place(op)
	if err != nil || !p.traits().KeyFiles {
		return nil
	}
	if _, err := os.Lstat(p.Segment); err == nil {
		return nil // it is not for want of room
	}
	f, err := os.CreateTemp(filepath.Dir(p.Segment), "qtbridge")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fileError(op, key, err)
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	return nil
}
