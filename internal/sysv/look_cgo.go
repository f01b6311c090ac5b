//go:build cgo && linux

package sysv

// #include "sysv.h"
import "C"

import (
	"io/fs"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
)

// lookSegment looks at the segment whose key file is path, without creating,
// attaching or changing anything. The error is a [*lookError].
func lookSegment(path string) (ipc.Segment, error) {
	p, err := cPath(path)
	if err != nil {
		return ipc.Segment{}, err
	}
	s := C.qtb_sysv_segment(p)
	return ipc.Segment{
		Key: int32(s.key), ID: int(s.id), Size: int64(s.size), Attached: int(s.attached), Creator: int(s.creator),
		Last: int(s.last), Owner: int(s.owner), Mode: fs.FileMode(s.mode), Made: time.Unix(int64(s.made), 0),
	}, lookErrorOf(path, s.step, s.error)
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
		Last: int(ds.Lpid), Owner: int(ds.Perm.Uid), Mode: fs.FileMode(ds.Perm.Mode) & fs.ModePerm,
		Made: time.Unix(ds.Ctime, 0),
	}, nil
}

// lookSemaphore looks at the semaphore whose key file is path, as lookSegment
// does at a segment.
func lookSemaphore(path string) (ipc.Semaphore, error) {
	p, err := cPath(path)
	if err != nil {
		return ipc.Semaphore{}, err
	}
	s := C.qtb_sysv_semaphore(p)
	return semaphoreOf(s), lookErrorOf(path, s.step, s.error)
}

// lookSemaphoreByID looks at the semaphore id, whose key file may be gone. The
// error is a [syscall.Errno].
func lookSemaphoreByID(id int) (ipc.Semaphore, error) {
	s := C.qtb_sysv_semaphore_id(C.int32_t(id))
	return semaphoreOf(s), errnoOf(s.error)
}

func semaphoreOf(s C.qtb_semaphore) ipc.Semaphore {
	return ipc.Semaphore{
		Key: int32(s.key), ID: int(s.id), Value: int(s.value), Last: int(s.last), Waiters: int(s.waiters),
		Used: s.used != 0, Set: time.Unix(int64(s.changed), 0), Owner: int(s.owner), Mode: fs.FileMode(s.mode),
	}
}

func errnoOf(n C.int32_t) error {
	if n == 0 {
		return nil
	}
	return syscall.Errno(n)
}

func lookErrorOf(path string, at, n C.int32_t) error {
	if n == 0 {
		return nil
	}
	return &lookError{path: path, step: step(at), errno: syscall.Errno(n)}
}

// cPath is path with the NUL that C wants.
func cPath(path string) (*C.char, error) {
	b, err := syscall.ByteSliceFromString(path)
	if err != nil {
		return nil, &lookError{path: path, step: stepFile, errno: syscall.EINVAL}
	}
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(b))), nil
}
