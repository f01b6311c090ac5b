// Package fault makes an answer of memory that cannot be touched, in place of the end
// of the program.
package fault

import (
	"runtime"
	"runtime/debug"
	"unsafe"
)

// Guard calls f, and tells whether that touched memory that is not there, or not to be
// written to: then f has ended there. Which memory data tells; other panics go on.
func Guard(data func() []byte, f func()) (met bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			if !isIn(data(), r) {
				panic(r)
			}
			met = true
		}
	}()
	f()
	return false
}

// isIn tells whether a panic is from touching data.
func isIn(data []byte, r any) bool {
	fault, ok := r.(interface {
		runtime.Error
		Addr() uintptr
	})
	if !ok {
		return false
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	return fault.Addr() >= start && fault.Addr()-start < uintptr(len(data))
}
