// Package observer is the third party of tests: neither our library nor Qt. On
// Windows it goes by the names of the objects.
package observer

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

var openFileMapping = windows.NewLazySystemDLL("kernel32.dll").NewProc("OpenFileMappingW")

// Segment is what the system says of a segment.
type Segment struct {
	Size int
}

// Look looks at the segment with this native key; nil if there is none.
func Look(name string) *Segment {
	data, err := Read(name)
	if err != nil {
		return nil
	}
	return &Segment{Size: len(data)}
}

// Read returns a copy of the segment with this native key, in whole pages.
func Read(name string) ([]byte, error) {
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	handle, _, err := openFileMapping.Call(windows.FILE_MAP_READ, 0, uintptr(unsafe.Pointer(wide)))
	if handle == 0 {
		return nil, fmt.Errorf("the observer finds no segment %s: %w", name, err)
	}
	defer func() { _ = windows.CloseHandle(windows.Handle(handle)) }()
	address, err := windows.MapViewOfFile(windows.Handle(handle), windows.FILE_MAP_READ, 0, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("MapViewOfFile: %w", err)
	}
	defer func() { _ = windows.UnmapViewOfFile(address) }()
	var region windows.MemoryBasicInformation
	if err := windows.VirtualQuery(address, &region, unsafe.Sizeof(region)); err != nil {
		return nil, fmt.Errorf("VirtualQuery: %w", err)
	}
	data := make([]byte, region.RegionSize)
	var n uintptr
	err = windows.ReadProcessMemory(windows.CurrentProcess(), address, &data[0], region.RegionSize, &n)
	return data[:n], err
}
