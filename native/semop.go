//go:build cgo && linux

package native

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
