package qtbridge

import (
	"context"
	"runtime"
	"unsafe"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// Adopt attaches to the segment of a *QSharedMemory that another Go binding
// made: object is anything that hands out the C++ object's address with a
// method Pointer() unsafe.Pointer, as therecipe/qt does, or UnsafePointer()
// unsafe.Pointer, as miqt does. That binding must be linked to the same Qt as
// this package. A pointer to something else than a QSharedMemory is an
// [ErrKey] as long as it is a QObject, and may crash otherwise; a bare unsafe.Pointer
// is an ErrKey. That the C++ object was deleted can be told only of a binding whose
// method returns nil then: a pointer that dangles may crash. The Go object is kept
// alive for the call.
//
// Only the key is taken from the object, as it is at the time of the call: a setKey on
// the object later does not concern the Segment. The Segment has an attachment of its
// own, with a mode of its own, whatever that of the object, and is safe to use when the
// object detaches or is deleted; the object stays its owner's, untouched, attached or
// not. The two exclude each other by the lock like any others: so [Segment.Lock] is a
// lock() with a context for an object that exists, and waits, as long as ctx lets it,
// while the object holds the lock. During the call the object must not be used by
// anybody else.
//
// Errors are those of [Attach], and [ErrKey] if the object has no key, or is attached to
// another segment than its key leads to by now: a relative native key is taken from the
// present working directory, and a segment can have been made anew.
func Adopt(ctx context.Context, object any, mode Mode) (*Segment, error) {
	const op = "adopt"
	if !native.Available {
		return nil, unavailable(op, Key{})
	}
	if !runsSupported() {
		return nil, unsupportedQt(op, Key{})
	}
	key, data, err := readObject(pointerOf(object))
	// Bindings delete the C++ object with the Go one, also while it is in use here.
	runtime.KeepAlive(object)
	if err != nil {
		return nil, keyError(op, Key{}, err.Error()+
			"; hand over a QSharedMemory that has a key, with a method Pointer or UnsafePointer")
	}
	s, err := Attach(ctx, key, mode)
	if err != nil {
		return nil, err
	}
	// Of memory that is gone by now, or where the system does not tell, nothing is said.
	if id, ok := procfs.MappedAt(data); ok && s.place.traits().IDs && id != s.id {
		_ = s.Close()
		return nil, keyError(op, key,
			"the object is attached to another segment than its key leads to; give the key as the path that the object had it from, or have the object attach again")
	}
	return s, nil
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

// readObject returns the key of the QSharedMemory at object, and where the memory is that
// it is attached to, 0 if it is not attached.
func readObject(object unsafe.Pointer) (key Key, data uintptr, err error) {
	m, err := native.AdoptSharedMemory(object)
	if err != nil {
		return Key{}, 0, err
	}
	defer m.Close()
	key, err = keyOf(m)
	return key, uintptr(unsafe.Pointer(unsafe.SliceData(m.ConstData()))), err
}

// keyOf is the key of an object. One with a native key has no other one.
func keyOf(m *native.SharedMemory) (Key, error) {
	typed := native.ParseNativeIpcKey(m.NativeIpcKey())
	if !typed.IsEmpty() && typed.Type() != native.LegacyDefaultTypeForOs() {
		return ParseKey(typed.String()) // the name alone would lead elsewhere
	}
	if name := m.Key(); name != "" {
		return QtKey(name), nil
	}
	return NativeKey(m.NativeKey()), nil
}
