//go:build cgo && linux

package native

// #include "probe.h"
import "C"

import "unsafe"

// Test files cannot use cgo; these are for them.

// probeThrow has the shim throw within its guard.
func probeThrow(standard bool) error {
	return answer("throw", sharedMemoryErrors, C.qtb_probe_throw(flag(standard)), nil)
}

// probeNew makes a QSharedMemory, or else a QObject, as another binding would.
func probeNew(memory bool) unsafe.Pointer { return C.qtb_probe_new(flag(memory)) }

func probeDelete(object unsafe.Pointer) { C.qtb_probe_delete(object) }

func flag(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}
