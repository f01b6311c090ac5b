//go:build cgo

package native

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// LookSegment looks at the named mapping behind a native key. It opens, maps and
// closes it, and leaves nothing. The error is a [*LookError] around a
// [syscall.Errno], ENOENT with [StepFile] if there is none.
//
// Windows tells neither who made it nor an id, which are 0; Attached is the
// number of handles, of which each QSharedMemory that is attached has one, and
// one whose create() met a segment as well.
func LookSegment(name string) (SegmentState, error) {
	mapping, err := openObject(openFileMapping, windows.FILE_MAP_READ, name)
	if err != nil {
		return SegmentState{}, err
	}
	defer func() { _ = windows.CloseHandle(mapping) }()
	size, err := mappedSize(mapping)
	if err != nil {
		return SegmentState{}, objectError(name, StepState, err)
	}
	return SegmentState{Size: size, Attached: handles(mapping) - 1}, nil
}

// SegmentHandles is how many handles there are on a mapping, as Attached of
// [LookSegment], which costs more.
func SegmentHandles(name string) (int, error) {
	mapping, err := openObject(openFileMapping, windows.FILE_MAP_READ, name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = windows.CloseHandle(mapping) }()
	return handles(mapping) - 1, nil
}

// mappedSize is the size of a mapping as Qt finds it out: in whole pages.
func mappedSize(mapping windows.Handle) (int64, error) {
	address, err := windows.MapViewOfFile(mapping, windows.FILE_MAP_READ, 0, 0, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = windows.UnmapViewOfFile(address) }()
	var region windows.MemoryBasicInformation
	if err := windows.VirtualQuery(address, &region, unsafe.Sizeof(region)); err != nil {
		return 0, err
	}
	if region.State != windows.MEM_COMMIT {
		return 0, windows.ERROR_INVALID_ADDRESS // not Qt's; to touch it would be a fault
	}
	return int64(region.RegionSize), nil
}

// LookSegmentID is ENOTSUP: segments have no id on Windows.
func LookSegmentID(int) (SegmentState, error) { return SegmentState{}, syscall.ENOTSUP }
