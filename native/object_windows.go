//go:build cgo

package native

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// What golang.org/x/sys/windows does not have.
var (
	kernel32           = windows.NewLazySystemDLL("kernel32.dll")
	openFileMapping    = kernel32.NewProc("OpenFileMappingW")
	openSemaphore      = kernel32.NewProc("OpenSemaphoreW")
	releaseSemaphore   = kernel32.NewProc("ReleaseSemaphore")
	ntdll              = windows.NewLazySystemDLL("ntdll.dll")
	ntQueryObject      = ntdll.NewProc("NtQueryObject")
	ntQuerySemaphore   = ntdll.NewProc("NtQuerySemaphore")
	semaphoreAllAccess = uint32(windows.SEMAPHORE_ALL_ACCESS)
)

// semaphoreQueryState is SEMAPHORE_QUERY_STATE, which ntdll asks for.
const semaphoreQueryState = 0x0001

// openObject opens the named object of a kind. There is one for each session,
// unless its name begins with Global\.
func openObject(open *windows.LazyProc, access uint32, name string) (windows.Handle, error) {
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, &LookError{Path: name, Step: StepFind, Errno: syscall.EINVAL}
	}
	handle, _, err := open.Call(uintptr(access), 0, uintptr(unsafe.Pointer(wide)))
	if handle == 0 {
		return 0, objectError(name, StepFile, err)
	}
	return windows.Handle(handle), nil
}

// objectError is an error in the words that the other systems have.
func objectError(name string, step LookStep, err error) error {
	errno, _ := errors.AsType[syscall.Errno](err)
	switch errno {
	case windows.ERROR_ACCESS_DENIED:
		errno = syscall.EACCES
	case windows.ERROR_PATH_NOT_FOUND, windows.ERROR_INVALID_NAME, windows.ERROR_INVALID_HANDLE, windows.ERROR_INVALID_ADDRESS:
		step = StepFind // the name cannot be, or is of something else
	}
	return &LookError{Path: name, Step: step, Errno: errno}
}

// handles tells how many handles there are on an object, in all processes.
func handles(object windows.Handle) int {
	var basic struct { // OBJECT_BASIC_INFORMATION
		attributes, access, handles, pointers uint32
		reserved                              [10]uint32
	}
	status, _, _ := ntQueryObject.Call(uintptr(object), 0, uintptr(unsafe.Pointer(&basic)), unsafe.Sizeof(basic), 0)
	if status != 0 {
		return 0
	}
	return int(basic.handles)
}
