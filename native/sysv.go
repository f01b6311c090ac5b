//go:build cgo && linux

package native

// #include "sysv.h"
import "C"

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// LookSegment looks at the System V segment whose key file is path, without
// creating, attaching or changing anything. The error is a [*LookError] around
// a [syscall.Errno].
func LookSegment(path string) (SegmentState, error) {
	p, err := cPath(path)
	if err != nil {
		return SegmentState{}, err
	}
	s := C.qtb_sysv_segment(p)
	return SegmentState{
		IPCKey: int32(s.key), ID: int(s.id), Size: int64(s.size), Attached: int(s.attached),
		Creator: int(s.creator), Last: int(s.last), Owner: int(s.owner), Mode: uint32(s.mode),
	}, lookError(path, s.step, s.error)
}

// LookSegmentID looks at the System V segment id, whose key file may be gone. If
// it is removed but still attached to, its IPCKey is 0. The error is a
// [syscall.Errno].
func LookSegmentID(id int) (SegmentState, error) {
	var ds unix.SysvShmDesc
	if _, err := unix.SysvShmCtl(id, unix.IPC_STAT, &ds); err != nil {
		return SegmentState{}, err
	}
	return SegmentState{
		IPCKey: ds.Perm.Key, ID: id, Size: int64(ds.Segsz), Attached: int(ds.Nattch),
		Creator: int(ds.Cpid), Last: int(ds.Lpid), Owner: int(ds.Perm.Uid), Mode: uint32(ds.Perm.Mode) & 0o777,
	}, nil
}

// LookSemaphore looks at the System V semaphore whose key file is path, as
// [LookSegment] does at a segment.
func LookSemaphore(path string) (SemaphoreState, error) {
	p, err := cPath(path)
	if err != nil {
		return SemaphoreState{}, err
	}
	s := C.qtb_sysv_semaphore(p)
	return semaphoreState(s), lookError(path, s.step, s.error)
}

// LookSemaphoreID looks at the System V semaphore id, whose key file may be
// gone. The error is a [syscall.Errno].
func LookSemaphoreID(id int) (SemaphoreState, error) {
	s := C.qtb_sysv_semaphore_id(C.int32_t(id))
	return semaphoreState(s), errno(s.error)
}

func semaphoreState(s C.qtb_semaphore) SemaphoreState {
	return SemaphoreState{
		IPCKey: int32(s.key), ID: int(s.id), Value: int(s.value), Last: int(s.last),
		Waiters: int(s.waiters), Used: s.used != 0, Changed: int64(s.changed), Owner: int(s.owner), Mode: uint32(s.mode),
	}
}

// Take takes n, 1 to 32767, from the semaphore id at once; for 1 that is what
// QSystemSemaphore::acquire() does, and as there, the
// kernel gives it back if this process dies. It waits at most timeout, and not
// at all if that is 0 or less; while it waits it occupies an OS thread. Any
// goroutine may call it. The error is EAGAIN when the time is over, EINTR
// when a signal came, EINVAL or EIDRM when there is no such semaphore.
func Take(id, n int, timeout time.Duration) error {
	if timeout <= 0 {
		return semop(id, []sembuf{{op: int16(-n), flags: semUndo | ipcNoWait}})
	}
	return errno(C.qtb_sysv_take(C.int32_t(id), C.int16_t(n), C.int64_t(timeout)))
}

// Give gives back what Take took, from any thread, and does not wait. It is
// ERANGE, and nothing has changed, when somebody has reset the semaphore
// meanwhile: it is free, or taken by another process already. Qt's own release
// would add 1 all the same, and the lock would admit two from then on.
func Give(id int) error { return semop(id, give) }

// give is one atomic step that fails unless the value is 0 and this process is
// the one to have taken it. The latter shows in the adjustment that the kernel
// keeps for SEM_UNDO, 1 now and 0 after a reset: pushed down by
// maxAdjustment + 2, it is out of range only if it was 0.
var give = []sembuf{
	{op: maxAdjustment, flags: semUndo}, // ERANGE if the value is not 0
	{op: -2},
	{op: 2, flags: semUndo},              // ERANGE after a reset, else value 32767, adjustment -32768
	{op: -maxAdjustment, flags: semUndo}, // value 0, adjustment -1
	{op: 2},
	{op: -1, flags: semUndo}, // value 1, adjustment 0
}

// Add adds n, 1 to 32767, to the semaphore id, as QSystemSemaphore::release(n)
// does: the kernel takes it back when this process ends. It is ERANGE if the
// value would be more than 32767.
func Add(id, n int) error { return semop(id, []sembuf{{op: int16(n), flags: semUndo}}) }

// maxAdjustment is SEMAEM of Linux, and SEMVMX, the highest value; an adjustment
// can be 1 more downwards.
const maxAdjustment = 32767

// RemoveSemaphore removes the semaphore id, but not its key file. Who waits for
// it learns of it and looks for another one, as in Qt.
func RemoveSemaphore(id int) error { return errno(C.qtb_sysv_remove(C.int32_t(id))) }

func errno(n C.int32_t) error {
	if n == 0 {
		return nil
	}
	return syscall.Errno(n)
}

func lookError(path string, step, n C.int32_t) error {
	if n == 0 {
		return nil
	}
	return &LookError{Path: path, Step: LookStep(step), Errno: syscall.Errno(n)}
}

// cPath is path with the NUL that C wants.
func cPath(path string) (*C.char, error) {
	b, err := syscall.ByteSliceFromString(path)
	if err != nil {
		return nil, &LookError{Path: path, Step: StepFile, Errno: syscall.EINVAL}
	}
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(b))), nil
}
