package winobj

import (
	"errors"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"qtinterop/internal/ipc"
)

// semaphoreQueryState is SEMAPHORE_QUERY_STATE, which ntdll asks for.
const semaphoreQueryState = 0x0001

// Semaphore looks at the semaphore of a lock, without taking it. Windows tells its
// value, but not who used it.
func (System) Semaphore(p ipc.Place) (ipc.Semaphore, error) {
	handle, err := openLock(p, semaphoreQueryState)
	if err != nil {
		return ipc.Semaphore{}, err
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	var basic struct{ value, most int32 } // SEMAPHORE_BASIC_INFORMATION
	status, _, _ := ntQuerySemaphore.Call(uintptr(handle), 0, uintptr(unsafe.Pointer(&basic)), unsafe.Sizeof(basic), 0)
	if status != 0 {
		return ipc.Semaphore{}, stateError(p.Lock, windows.NTStatus(status).Errno())
	}
	return ipc.Semaphore{Value: int(basic.value), Used: true, Handles: handles(handle) - 1}, nil
}

func openLock(p ipc.Place, access uint32) (windows.Handle, error) {
	if p.Lock == "" {
		return 0, &ipc.Error{Code: ipc.NotFound, Text: "segments with a native key have no lock; use a key of Qt's own"}
	}
	return openObject(openSemaphore, access, p.Lock)
}

// take takes n, at least 1; for 1 that is what QSystemSemaphore::acquire() does.
// More it takes one by one, and gives them back if there are not enough in time.
// If this process dies, nobody gives back what it took.
func take(semaphore windows.Handle, n int, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for taken := range n {
		if taken > 0 {
			limit = time.Until(deadline)
		}
		if err := takeOne(semaphore, limit); err != nil {
			if taken > 0 {
				_, _ = add(semaphore, taken)
			}
			return err
		}
	}
	return nil
}

func takeOne(semaphore windows.Handle, limit time.Duration) error {
	event, err := windows.WaitForSingleObject(semaphore, milliseconds(limit))
	switch {
	case err != nil:
		return err
	case event == uint32(windows.WAIT_TIMEOUT):
		return ipc.ErrTaken
	}
	return nil
}

// milliseconds is limit as Windows takes it, rounded up, and never the number
// that means without limit.
func milliseconds(limit time.Duration) uint32 {
	const most = 0xFFFFFFFE
	ms := (limit + time.Millisecond - 1) / time.Millisecond
	return uint32(min(max(ms, 0), most))
}

// give gives back the 1 that was taken. It is an ErrLost, and nothing has changed,
// when somebody else has given it back meanwhile and it is still free: otherwise
// the lock would admit two from then on.
func give(semaphore windows.Handle) error {
	before, err := add(semaphore, 1)
	switch {
	case errors.Is(err, ipc.ErrFull):
		return ipc.ErrLost
	case err != nil || before == 0:
		return err
	}
	_ = takeOne(semaphore, 0)
	return ipc.ErrLost
}

// add adds n, at least 1, as QSystemSemaphore::release(n) does. It is an ErrFull
// if the value would be more than 2147483647.
func add(semaphore windows.Handle, n int) (before int32, err error) {
	// Not by its Call method, which allocates.
	ok, _, errno := syscall.SyscallN(releaseSemaphore.Addr(), uintptr(semaphore), uintptr(n), uintptr(unsafe.Pointer(&before)))
	switch {
	case ok != 0:
		return before, nil
	case errno == windows.ERROR_TOO_MANY_POSTS:
		return 0, ipc.ErrFull
	}
	return 0, errno
}
