package winobj

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// What golang.org/x/sys/windows does not have.
var (
	kernel32               = windows.NewLazySystemDLL("kernel32.dll")
	openFileMapping        = kernel32.NewProc("OpenFileMappingW")
	createSemaphore        = kernel32.NewProc("CreateSemaphoreW")
	openSemaphore          = kernel32.NewProc("OpenSemaphoreW")
	releaseSemaphore       = kernel32.NewProc("ReleaseSemaphore")
	ntdll                  = windows.NewLazySystemDLL("ntdll.dll")
	ntQueryObject          = ntdll.NewProc("NtQueryObject")
	ntQuerySemaphore       = ntdll.NewProc("NtQuerySemaphore")
	ntOpenDirectoryObject  = ntdll.NewProc("NtOpenDirectoryObject")
	ntQueryDirectoryObject = ntdll.NewProc("NtQueryDirectoryObject")
)

// The kinds of objects that Qt makes.
const (
	sectionType   = "Section"
	semaphoreType = "Semaphore"
)

// What NtQueryObject can be asked for.
const (
	objectBasic = iota
	objectName
	objectType
)

// openObject opens the named object of a kind. There is one for each session,
// unless its name begins with Global\.
func openObject(open *windows.LazyProc, access uint32, name string) (windows.Handle, error) {
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, openError(name, err)
	}
	handle, _, err := open.Call(uintptr(access), 0, uintptr(unsafe.Pointer(wide)))
	if handle == 0 {
		return 0, openError(name, err)
	}
	return windows.Handle(handle), nil
}

// handles tells how many handles there are on an object, in all processes.
func handles(object windows.Handle) int {
	var basic struct { // OBJECT_BASIC_INFORMATION
		attributes, access, handles, pointers uint32
		reserved                              [10]uint32
	}
	status, _, _ := ntQueryObject.Call(uintptr(object), objectBasic, uintptr(unsafe.Pointer(&basic)), unsafe.Sizeof(basic), 0)
	if status != 0 {
		return 0
	}
	return int(basic.handles)
}
