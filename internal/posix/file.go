//go:build linux

package posix

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
)

// file is a semaphore's file that this process has open: once, for all its locks, so
// that a lease tells whether another process has it open too.
type file struct {
	fd     int
	stat   unix.Stat_t
	memory []byte
	users  int          // guarded by files
	taken  atomic.Int32 // how much this program's own locks have taken
}

type fileID struct{ device, inode uint64 }

func (f *file) id() fileID { return fileID{f.stat.Dev, f.stat.Ino} }

// files are those that are open.
var files = struct {
	sync.Mutex
	of map[fileID]*file
}{of: make(map[fileID]*file)}

// openSemaphore opens the file of a semaphore; release must follow.
func openSemaphore(path string) (*file, error) {
	fd, err := open(path)
	if err != nil {
		return nil, err
	}
	f := &file{fd: fd, users: 1}
	if err := f.check(path); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	files.Lock()
	defer files.Unlock()
	if known := files.of[f.id()]; known != nil {
		_ = unix.Close(fd)
		known.users++
		return known, nil
	}
	if f.memory, err = unix.Mmap(fd, 0, semaphoreSize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		_ = unix.Close(fd)
		return nil, fileError(path, err)
	}
	files.of[f.id()] = f
	return f, nil
}

// check makes sure that the file can be a semaphore: to touch one that is too short, or
// has no memory, would end the program.
func (f *file) check(path string) error {
	if err := unix.Fstat(f.fd, &f.stat); err != nil {
		return fileError(path, err)
	}
	return checkSemaphore(path, &f.stat)
}

func checkSemaphore(path string, stat *unix.Stat_t) error {
	if err := checkRegular(path, stat); err != nil {
		return err
	}
	if size := semaphoreSize(); stat.Size != int64(size) || stat.Blocks == 0 {
		return &ipc.Error{Code: ipc.Unusable,
			Text: fmt.Sprintf("%s has %d bytes, and a semaphore %d: it is something else, or of a program with other word size; remove it, or use another key",
				path, stat.Size, size)}
	}
	return nil
}

// release is the end of a use.
func (f *file) release() {
	files.Lock()
	defer files.Unlock()
	if f.users--; f.users > 0 {
		return
	}
	delete(files.of, f.id())
	_ = unix.Munmap(f.memory)
	_ = unix.Close(f.fd)
}

// known returns what this process has open of a path, or nil; release must follow.
func known(stat *unix.Stat_t) *file {
	files.Lock()
	defer files.Unlock()
	f := files.of[fileID{stat.Dev, stat.Ino}]
	if f != nil {
		f.users++
	}
	return f
}

// peek returns the value of a semaphore, without an effect.
func peek(path string, stat *unix.Stat_t) (int, error) {
	if f := known(stat); f != nil {
		defer f.release()
		return valueOf(f.memory), nil
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0, fileError(path, err)
	}
	defer func() { _ = unix.Close(fd) }()
	f := file{fd: fd}
	if err := f.check(path); err != nil {
		return 0, err
	}
	memory, err := unix.Mmap(fd, 0, semaphoreSize(), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return 0, fileError(path, err)
	}
	defer func() { _ = unix.Munmap(memory) }()
	return valueOf(memory), nil
}

// isForsaken tells whether no process has the semaphore open but this one, which has not
// taken it. Where that cannot be told it is false.
func (f *file) isForsaken() bool {
	alone, err := isAlone(f.fd)
	return err == nil && alone && f.taken.Load() == 0
}

func isSemaphore(path string) bool { return strings.HasPrefix(path, traits.LockPrefix) }
