//go:build cgo && (linux || windows)

package native

/*
#include <stdlib.h>
#include "probe.h"
*/
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

// probeSetLocal8Bit has toLocal8Bit() of Qt 5 use another codec, until reset.
func probeSetLocal8Bit(codec string) (reset func(), ok bool) {
	name := C.CString(codec)
	defer C.free(unsafe.Pointer(name))
	return func() { C.qtb_probe_set_local8bit(nil) }, C.qtb_probe_set_local8bit(name) != 0
}

func flag(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}
