//go:build cgo && linux

package sysv

// #include "sysv.h"
import "C"

import (
	"io/fs"
	"syscall"
	"time"
	"unsafe"

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
	segment := ipc.Segment{
		Key: int32(s.key), ID: int(s.id), Size: int64(s.size), Attached: int(s.attached),
		Creator: int(s.creator), Last: int(s.last), Owner: int(s.owner), Group: int(s.group),
		Mode: fs.FileMode(s.mode),
	}
	if s.error == 0 {
		segment.Made, segment.Touched, segment.FileChanged = timeOf(s.made), timeOf(s.touched), timeOf(s.file)
	}
	return segment, lookErrorOf(path, s.step, s.error)
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

// findSemaphore returns id and key of the semaphore whose key file is path, if it can be
// looked at. The error is a [*lookError].
func findSemaphore(path string) (semaphore, error) {
	p, err := cPath(path)
	if err != nil {
		return semaphore{}, err
	}
	s := C.qtb_sysv_semaphore_set(p)
	return semaphore{int(s.id), int32(s.key)}, lookErrorOf(path, s.step, s.error)
}

// lookSemaphoreByID looks at the semaphore id, whose key file may be gone. The
// error is a [syscall.Errno].
func lookSemaphoreByID(id int) (ipc.Semaphore, error) {
	s := C.qtb_sysv_semaphore_id(C.int32_t(id))
	return semaphoreOf(s), errnoOf(s.error)
}

func semaphoreOf(s C.qtb_semaphore) ipc.Semaphore {
	semaphore := ipc.Semaphore{
		Key: int32(s.key), ID: int(s.id), Value: int(s.value), Last: int(s.last), Waiters: int(s.waiters),
		Used: s.used != 0, Owner: int(s.owner), Mode: fs.FileMode(s.mode),
	}
	if s.error == 0 {
		semaphore.Set, semaphore.Touched = timeOf(s.changed), timeOf(s.touched)
	}
	return semaphore
}

// timeOf is the zero time for 0, by which the kernel says never.
func timeOf(seconds C.int64_t) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
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
