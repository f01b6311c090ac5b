//go:build cgo && (linux || windows)

package nativetest

/*
#include <stdlib.h>
#include "nativetest.h"
*/
import "C"

import "unsafe"

// Throw throws a std::exception, or else something that is none, within the
// guard that every function of the shim has, and returns what came out of it.
func Throw(standard bool) (value int64, code int32, what string) {
	r := C.qtb_probe_throw(flag(standard))
	return int64(r.value), int32(r.error), text(r)
}

// NewSharedMemory makes a QSharedMemory as another binding would. It belongs to
// the caller, until Delete.
func NewSharedMemory() unsafe.Pointer { return C.qtb_probe_new(flag(true)) }

// NewObject makes a QObject that is no QSharedMemory.
func NewObject() unsafe.Pointer { return C.qtb_probe_new(flag(false)) }

// Delete deletes what NewSharedMemory or NewObject made.
func Delete(object unsafe.Pointer) { C.qtb_probe_delete(object) }

// SetLocal8Bit has toLocal8Bit() of Qt 5 use another codec, until reset.
func SetLocal8Bit(codec string) (reset func(), ok bool) {
	name := C.CString(codec)
	defer C.free(unsafe.Pointer(name))
	return func() { C.qtb_probe_set_local8bit(nil) }, C.qtb_probe_set_local8bit(name) != 0
}
