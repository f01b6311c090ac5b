//go:build cgo

package qtbridge

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	performanceCounter   = windows.NewLazySystemDLL("kernel32.dll").NewProc("QueryPerformanceCounter")
	performanceFrequency = windows.NewLazySystemDLL("kernel32.dll").NewProc("QueryPerformanceFrequency")
)

// monotonic is the clock of testpeer, in nanoseconds.
func monotonic() int64 {
	const second = 1_000_000_000
	var now, frequency int64
	_, _, _ = performanceCounter.Call(uintptr(unsafe.Pointer(&now)))
	_, _, _ = performanceFrequency.Call(uintptr(unsafe.Pointer(&frequency)))
	return now/frequency*second + now%frequency*second/frequency
}
