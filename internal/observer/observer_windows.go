// Package observer is the third party of tests: neither our library nor Qt. On
// Windows it goes by the names of the objects.
package observer

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// What golang.org/x/sys/windows does not have.
var (
	kernel32         = windows.NewLazySystemDLL("kernel32.dll")
	openFileMapping  = kernel32.NewProc("OpenFileMappingW")
	openSemaphore    = kernel32.NewProc("OpenSemaphoreW")
	ntdll            = windows.NewLazySystemDLL("ntdll.dll")
	ntQueryObject    = ntdll.NewProc("NtQueryObject")
	ntQuerySemaphore = ntdll.NewProc("NtQuerySemaphore")
)

// Segment is what the system says of a segment.
type Segment struct {
	Size     int // in whole pages
	Attached int // how many handles there are, in all processes
}

// Look looks at the segment with this native key; nil if there is none.
func Look(name string) *Segment {
	handle, err := open(openFileMapping, windows.FILE_MAP_READ, name)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	address, size, err := view(handle)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.UnmapViewOfFile(address) }()
	var basic struct { // OBJECT_BASIC_INFORMATION
		_, _, handles, _ uint32
		_                [10]uint32
	}
	status, _, _ := ntQueryObject.Call(uintptr(handle), 0, uintptr(unsafe.Pointer(&basic)), unsafe.Sizeof(basic), 0)
	if status != 0 {
		return nil
	}
	return &Segment{Size: size, Attached: int(basic.handles) - 1}
}

// Read returns a copy of the segment with this native key, in whole pages.
func Read(name string) ([]byte, error) {
	handle, err := open(openFileMapping, windows.FILE_MAP_READ, name)
	if err != nil {
		return nil, fmt.Errorf("the observer finds no segment %s: %w", name, err)
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	address, size, err := view(handle)
	if err != nil {
		return nil, err
	}
	defer func() { _ = windows.UnmapViewOfFile(address) }()
	data := make([]byte, size)
	var n uintptr
	err = windows.ReadProcessMemory(windows.CurrentProcess(), address, &data[0], uintptr(size), &n)
	return data[:n], err
}

// view maps what the caller unmaps, and tells its size.
func view(mapping windows.Handle) (address uintptr, size int, err error) {
	address, err = windows.MapViewOfFile(mapping, windows.FILE_MAP_READ, 0, 0, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("MapViewOfFile: %w", err)
	}
	var region windows.MemoryBasicInformation
	if err := windows.VirtualQuery(address, &region, unsafe.Sizeof(region)); err != nil {
		_ = windows.UnmapViewOfFile(address)
		return 0, 0, fmt.Errorf("VirtualQuery: %w", err)
	}
	return address, int(region.RegionSize), nil
}

// Semaphore is what the system says of a semaphore.
type Semaphore struct {
	Value    int
	ID, Last int // always 0: Windows tells neither
}

// LookSemaphore looks at the semaphore with this name; nil if there is none.
func LookSemaphore(name string) *Semaphore {
	const queryState = 0x0001 // SEMAPHORE_QUERY_STATE
	handle, err := open(openSemaphore, queryState, name)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	var basic struct{ value, most int32 } // SEMAPHORE_BASIC_INFORMATION
	status, _, _ := ntQuerySemaphore.Call(uintptr(handle), 0, uintptr(unsafe.Pointer(&basic)), unsafe.Sizeof(basic), 0)
	if status != 0 {
		return nil
	}
	return &Semaphore{Value: int(basic.value)}
}

func open(open *windows.LazyProc, access uint32, name string) (windows.Handle, error) {
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	handle, _, err := open.Call(uintptr(access), 0, uintptr(unsafe.Pointer(wide)))
	if handle == 0 {
		return 0, err
	}
	return windows.Handle(handle), nil
}
