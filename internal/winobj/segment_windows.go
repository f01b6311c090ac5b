package winobj

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"

	"qtinterop/internal/ipc"
)

// Segment looks at a segment. It opens, maps and closes it, and leaves nothing.
//
// Windows tells neither who made it nor an id, which are 0; Attached is the
// number of handles, of which each QSharedMemory that is attached has one, and
// one whose create() met a segment as well.
func (System) Segment(p ipc.Place) (ipc.Segment, error) {
	mapping, err := openObject(openFileMapping, windows.FILE_MAP_READ, p.Segment)
	if err != nil {
		return ipc.Segment{}, err
	}
	defer func() { _ = windows.CloseHandle(mapping) }()
	size, err := mappedSize(mapping)
	if err != nil {
		return ipc.Segment{}, stateError(p.Segment, err)
	}
	return ipc.Segment{Size: size, Attached: handles(mapping) - 1}, nil
}

// Attached is that of Segment, which costs more.
func (System) Attached(p ipc.Place) (int, error) {
	mapping, err := openObject(openFileMapping, windows.FILE_MAP_READ, p.Segment)
	if err != nil {
		return 0, err
	}
	defer func() { _ = windows.CloseHandle(mapping) }()
	return handles(mapping) - 1, nil
}

// SegmentByID is an Unsupported.
func (System) SegmentByID(int) (ipc.Segment, error) {
	return ipc.Segment{}, &ipc.Error{Code: ipc.Unsupported, Err: errors.ErrUnsupported,
		Text: "segments have no id on Windows; use their names"}
}

// Touchable tells whether a mapping can be touched. One that another program has
// only reserved can be attached to, and to read it is a fault.
func (System) Touchable(data []byte) bool {
	_, err := committedSize(uintptr(unsafe.Pointer(unsafe.SliceData(data))))
	return err == nil
}

// mappedSize is the size of a mapping as Qt finds it out: in whole pages.
func mappedSize(mapping windows.Handle) (int64, error) {
	address, err := windows.MapViewOfFile(mapping, windows.FILE_MAP_READ, 0, 0, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = windows.UnmapViewOfFile(address) }()
	return committedSize(address)
}

// committedSize is how many bytes there are at an address that can be touched.
func committedSize(address uintptr) (int64, error) {
	var region windows.MemoryBasicInformation
	if err := windows.VirtualQuery(address, &region, unsafe.Sizeof(region)); err != nil {
		return 0, err
	}
	if region.State != windows.MEM_COMMIT {
		return 0, windows.ERROR_INVALID_ADDRESS // not Qt's; to touch it would be a fault
	}
	return int64(region.RegionSize), nil
}
