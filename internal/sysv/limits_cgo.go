//go:build cgo && linux

package sysv

// #include "sysv.h"
import "C"

import "syscall"

// probe calls what System V IPC needs, without an effect, and returns the first call
// that this system does not let us make.
func probe() (call string, errno syscall.Errno) {
	p := C.qtb_sysv_probe()
	if p.error == 0 {
		return "", 0
	}
	return C.GoString(p.call), syscall.Errno(p.error)
}

func readLimits() (limits, error) {
	l := C.qtb_sysv_limits()
	return limits{
		largest: uint64(l.largest), pages: uint64(l.pages), segments: uint64(l.segments),
		usedPages: uint64(l.used_pages), usedSegments: uint64(l.used_segments),
	}, errnoOf(l.error)
}
