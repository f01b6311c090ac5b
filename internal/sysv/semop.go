//go:build linux

package sysv

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sembuf is struct sembuf of <sys/sem.h>.
type sembuf struct {
	num   uint16
	op    int16
	flags int16
}

// Flags of <sys/sem.h> and <sys/ipc.h>.
const (
	semUndo   = 0x1000
	ipcNoWait = 0o4000
)

// maxAdjustment is SEMAEM of Linux, and SEMVMX, the highest value; an adjustment
// can be 1 more downwards.
const maxAdjustment = 32767

// semop is semop(2) for operations that do not wait. Those need no cgo call and
// no word to Go's scheduler, which is half of what a lock costs above Qt's own.
func semop(id int, ops []sembuf) error {
	_, _, errno := unix.RawSyscall6(sysSemtimedop, uintptr(id),
		uintptr(unsafe.Pointer(unsafe.SliceData(ops))), uintptr(len(ops)), 0, 0, 0)
	if errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

// take takes n at once, and does not wait. The error is an errno: EAGAIN if there is
// not as much, EINVAL or EIDRM when there is no such semaphore.
func take(id, n int) error {
	return semop(id, []sembuf{{op: int16(-n), flags: semUndo | ipcNoWait}})
}

// give gives back what take took, from any thread, and does not wait. It is
// ERANGE, and nothing has changed, when somebody has reset the semaphore
// meanwhile: it is free, or taken by another process already. Qt's own release
// would add 1 all the same, and the lock would admit two from then on.
func give(id int) error { return semop(id, giving) }

// giving is one atomic step that fails unless the value is 0 and this process is
// the one to have taken it. The latter shows in the adjustment that the kernel
// keeps for SEM_UNDO, 1 now and 0 after a reset: pushed down by
// maxAdjustment + 2, it is out of range only if it was 0.
var giving = []sembuf{
	{op: maxAdjustment, flags: semUndo}, // ERANGE if the value is not 0
	{op: -2},
	{op: 2, flags: semUndo},              // ERANGE after a reset, else value 32767, adjustment -32768
	{op: -maxAdjustment, flags: semUndo}, // value 0, adjustment -1
	{op: 2},
	{op: -1, flags: semUndo}, // value 1, adjustment 0
}

// add adds n, 1 to 32767, as QSystemSemaphore::release(n) does: the kernel takes
// it back when this process ends. It is ERANGE if the value would be more than
// 32767.
func add(id, n int) error { return semop(id, []sembuf{{op: int16(n), flags: semUndo}}) }
