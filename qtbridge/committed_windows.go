package qtbridge

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// isCommitted tells whether a mapping can be touched. One that another program
// has only reserved can be attached to, and to read it is a fault.
func isCommitted(data []byte) bool {
	var region windows.MemoryBasicInformation
	err := windows.VirtualQuery(uintptr(unsafe.Pointer(unsafe.SliceData(data))), &region, unsafe.Sizeof(region))
	return err == nil && region.State == windows.MEM_COMMIT
}
