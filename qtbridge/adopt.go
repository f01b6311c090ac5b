package qtbridge

import (
	"context"
	"runtime"
	"unsafe"

	"qtinterop/native"
)

// Adopt attaches to the segment of a *QSharedMemory that another Go binding
// made: object is anything that hands out the C++ object's address with a
// method Pointer() unsafe.Pointer, as therecipe/qt does, or UnsafePointer()
// unsafe.Pointer, as miqt does. That binding must be linked to the same Qt as
// this package. A pointer to something else than a QSharedMemory is an
// [ErrKey] as long as it is a QObject, and may crash otherwise.
//
// Only the key is taken from the object. The Segment has an attachment of its
// own, and is safe to use when the object detaches or is deleted; the object
// stays its owner's, untouched. The two exclude each other by the lock like any
// others: a Lock while the object holds it waits until ctx ends. During the
// call the object must not be used by anybody else.
//
// Errors are those of [Attach], and [ErrKey] if the object has no key or no
// longer exists.
func Adopt(ctx context.Context, object any, mode Mode) (*Segment, error) {
	const op = "adopt"
	if !native.Available {
		return nil, unavailable(op, Key{})
	}
	if !runsSupported() {
		return nil, unsupportedQt(op, Key{})
	}
	key, err := keyOf(pointerOf(object))
	// Bindings delete the C++ object with the Go one, also while it is in use here.
	runtime.KeepAlive(object)
	if err != nil {
		return nil, keyError(op, Key{}, err.Error()+
			"; hand over a QSharedMemory that has a key, with a method Pointer or UnsafePointer")
	}
	return Attach(ctx, key, mode)
}

// pointerOf is the address of a C++ object, nil if object does not tell it.
func pointerOf(object any) unsafe.Pointer {
	switch o := object.(type) {
	case interface{ Pointer() unsafe.Pointer }:
		return o.Pointer()
	case interface{ UnsafePointer() unsafe.Pointer }:
		return o.UnsafePointer()
	}
	return nil
}

// keyOf is the key of the QSharedMemory at object. An object with a native key
// has no other one.
func keyOf(object unsafe.Pointer) (Key, error) {
	m, err := native.AdoptSharedMemory(object)
	if err != nil {
		return Key{}, err
	}
	defer m.Close()
	typed := native.ParseNativeIpcKey(m.NativeIpcKey())
	if !typed.IsEmpty() && typed.Type() != native.LegacyDefaultTypeForOs() {
		return ParseKey(typed.String()) // the name alone would lead elsewhere
	}
	if name := m.Key(); name != "" {
		return QtKey(name), nil
	}
	return NativeKey(m.NativeKey()), nil
}
