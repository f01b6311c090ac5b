//go:build cgo

package native

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// LookSemaphore looks at the semaphore with this name, without taking it, as
// [LookSegment] does at a segment. Windows tells its value, but not who used it.
func LookSemaphore(name string) (SemaphoreState, error) {
	handle, err := openObject(openSemaphore, semaphoreQueryState, name)
	if err != nil {
		return SemaphoreState{}, err
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	var basic struct{ value, most int32 } // SEMAPHORE_BASIC_INFORMATION
	status, _, _ := ntQuerySemaphore.Call(uintptr(handle), 0, uintptr(unsafe.Pointer(&basic)), unsafe.Sizeof(basic), 0)
	if status != 0 {
		return SemaphoreState{}, objectError(name, StepState, windows.NTStatus(status).Errno())
	}
	return SemaphoreState{Value: int(basic.value), Used: true, Handles: handles(handle) - 1}, nil
}

// LookSemaphoreID is ENOTSUP: what [OpenSemaphore] returns is not for looking.
func LookSemaphoreID(int) (SemaphoreState, error) { return SemaphoreState{}, syscall.ENOTSUP }

// OpenSemaphore opens the semaphore with this name, if there is one, for Take
// and Give. It stays in the system as long as it is open. The error is that of
// [LookSemaphore].
func OpenSemaphore(name string) (id int, err error) {
	handle, err := openObject(openSemaphore, semaphoreAllAccess, name)
	return int(handle), err
}

// CloseSemaphore ends what OpenSemaphore began. It gives nothing back.
func CloseSemaphore(id int) error { return windows.CloseHandle(windows.Handle(id)) }

// Take takes n, at least 1, from the semaphore id; for 1 that is what
// QSystemSemaphore::acquire() does. More it takes one by one, and gives them
// back if there are not enough in time. It waits at most timeout, and not at all
// if that is 0 or less; while it waits it occupies an OS thread. Any goroutine
// may call it. If this process dies, nobody gives back what it took. The error
// is EAGAIN when the time is over.
func Take(id, n int, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for taken := range n {
		if taken > 0 {
			timeout = time.Until(deadline)
		}
		if err := takeOne(id, timeout); err != nil {
			if taken > 0 {
				_ = Add(id, taken)
			}
			return err
		}
	}
	return nil
}

func takeOne(id int, timeout time.Duration) error {
	event, err := windows.WaitForSingleObject(windows.Handle(id), milliseconds(timeout))
	switch {
	case err != nil:
		return err
	case event == uint32(windows.WAIT_TIMEOUT):
		return syscall.EAGAIN
	}
	return nil
}

// milliseconds is timeout as Windows takes it, rounded up, and never the number
// that means without limit.
func milliseconds(timeout time.Duration) uint32 {
	const most = 0xFFFFFFFE
	ms := (timeout + time.Millisecond - 1) / time.Millisecond
	return uint32(min(max(ms, 0), most))
}

// Give gives back the 1 that Take took, and does not wait. It is ERANGE, and
// nothing has changed, when somebody else has given it back meanwhile and it is
// still free: otherwise the lock would admit two from then on.
func Give(id int) error {
	before, err := add(id, 1)
	if err != nil || before == 0 {
		return err
	}
	_ = takeOne(id, 0)
	return syscall.ERANGE
}

// Add adds n, at least 1, to the semaphore id, as QSystemSemaphore::release(n)
// does. It is ERANGE if the value would be more than 2147483647.
func Add(id, n int) error {
	_, err := add(id, n)
	return err
}

func add(id, n int) (before int32, err error) {
	// Not by its Call method, which allocates.
	ok, _, errno := syscall.SyscallN(releaseSemaphore.Addr(), uintptr(id), uintptr(n), uintptr(unsafe.Pointer(&before)))
	switch {
	case ok != 0:
		return before, nil
	case errno == windows.ERROR_TOO_MANY_POSTS:
		return 0, syscall.ERANGE
	}
	return 0, errno
}

// RemoveSemaphore is ENOTSUP: Windows removes a semaphore that nobody has open.
func RemoveSemaphore(int) error { return syscall.ENOTSUP }
