//go:build cgo && (linux || windows)

package native

// #include "shim.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// SharedMemory is a QSharedMemory. It belongs to one goroutine at a time, but for
// Close.
type SharedMemory struct {
	*handle[*C.qtb_shm]
	cleanup runtime.Cleanup
}

// NewSharedMemory is QSharedMemory().
func NewSharedMemory() (*SharedMemory, error) {
	if err := mixed(); err != nil {
		return nil, err
	}
	h := C.qtb_shm_new()
	if h == nil {
		return nil, ErrMemory
	}
	return newSharedMemory(h), nil
}

// NewNativeSharedMemory is QSharedMemory(QNativeIpcKey::fromString(key)), which Qt has
// since 6.6: see [HasNativeIpcKeys]; without it, or if the text is no key, is an error
// with code [Argument]. What the constructor met is in [SharedMemory.Err].
func NewNativeSharedMemory(key string) (*SharedMemory, error) {
	if err := checkText("QSharedMemory", key); err != nil {
		return nil, err
	}
	p, n := chars(key)
	h := C.qtb_shm_new_native(p, n)
	if h == nil {
		return nil, ErrMemory
	}
	return newSharedMemory(h), nil
}

// AdoptSharedMemory makes a handle on the QSharedMemory at object, as another
// Go binding hands it out (Pointer() of therecipe/qt, UnsafePointer() of miqt).
// It must be of the Qt that this program links. The owner stays the owner:
// Close ends the handle alone, and after the owner has deleted the object every
// call returns an [Error] with code [Gone]. A pointer to any other QObject is
// refused; one to something that is no QObject cannot be told and may crash.
func AdoptSharedMemory(object unsafe.Pointer) (*SharedMemory, error) {
	if err := mixed(); err != nil {
		return nil, err
	}
	if object == nil {
		return nil, ErrNotSharedMemory
	}
	h := C.qtb_shm_adopt(object)
	if h == nil {
		return nil, ErrNotSharedMemory
	}
	return newSharedMemory(h), nil
}

func newSharedMemory(object *C.qtb_shm) *SharedMemory {
	m := &SharedMemory{handle: &handle[*C.qtb_shm]{object: object, delete: deleteSharedMemory}}
	m.cleanup = runtime.AddCleanup(m, closeSharedMemory, m.handle)
	return m
}

func deleteSharedMemory(h *C.qtb_shm) { C.qtb_shm_delete(h) }

func closeSharedMemory(h *handle[*C.qtb_shm]) { h.close() }

// Close is ~QSharedMemory(): it detaches, for which Qt takes the lock if the
// key was set with SetKey, and so can block. Only the first call does
// something; the destructor runs when no other call is under way any more.
func (m *SharedMemory) Close() {
	m.cleanup.Stop()
	m.close()
}

func (m *SharedMemory) call(method string, call func(*C.qtb_shm) C.qtb_result) error {
	defer runtime.KeepAlive(m)
	r, err := m.use(call)
	return answer(method, sharedMemoryErrors, r, err)
}

// value is call for what returns a value that cannot fail.
func (m *SharedMemory) value(call func(*C.qtb_shm) C.qtb_result) C.qtb_result {
	defer runtime.KeepAlive(m)
	r, _ := m.use(call)
	return r
}

// Pointer is the QSharedMemory* itself, for another binding; nil when it is
// gone. It is only good until Close.
func (m *SharedMemory) Pointer() unsafe.Pointer {
	return m.value(func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_result{data: C.qtb_shm_object(h)}
	}).data
}

// SetKey is setKey(); the empty string is the null QString. It detaches first
// if the key is another one.
func (m *SharedMemory) SetKey(key string) error {
	p, n := chars(key)
	return m.call("QSharedMemory::setKey", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_set_key(h, p, n)
	})
}

// Key is key(), empty when it is null.
func (m *SharedMemory) Key() string {
	return text(m.value(func(h *C.qtb_shm) C.qtb_result { return C.qtb_shm_key(h) }))
}

// SetNativeKey is setNativeKey(QString). It detaches first if the key is another
// one. On Unix the key is the path of a file, and Qt takes a relative one from
// the working directory of each call.
func (m *SharedMemory) SetNativeKey(key string) error {
	p, n := chars(key)
	return m.call("QSharedMemory::setNativeKey", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_set_native_key(h, p, n)
	})
}

// NativeKey is nativeKey(), empty when it is null.
func (m *SharedMemory) NativeKey() string {
	return text(m.value(func(h *C.qtb_shm) C.qtb_result { return C.qtb_shm_native_key(h) }))
}

// SetNativeKeyType is setNativeKey(QString, Type), which Qt has since 6.6: see
// [HasNativeIpcKeys]; without it is an error with code [Argument]. Unlike
// [SharedMemory.SetKey], Qt detaches first also if the key is the same.
func (m *SharedMemory) SetNativeKeyType(key string, t KeyType) error {
	p, n := chars(key)
	return m.call("QSharedMemory::setNativeKey", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_set_native_key_type(h, p, n, C.uint16_t(t))
	})
}

// SetNativeIpcKey is setNativeKey(QNativeIpcKey::fromString(key)); see
// [SharedMemory.SetNativeKeyType]. A text that is no key is an error with code
// [Argument].
func (m *SharedMemory) SetNativeIpcKey(key string) error {
	p, n := chars(key)
	return m.call("QSharedMemory::setNativeKey", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_set_native_ipc_key(h, p, n)
	})
}

// NativeIpcKey is nativeIpcKey().toString(), empty on Qt before 6.6.
func (m *SharedMemory) NativeIpcKey() string {
	return value(m.value(func(h *C.qtb_shm) C.qtb_result { return C.qtb_shm_native_ipc_key(h) }))
}

// SharedMemoryIsKeyTypeSupported is QSharedMemory::isKeyTypeSupported(t), false on Qt
// before 6.6.
func SharedMemoryIsKeyTypeSupported(t KeyType) bool {
	return HasNativeIpcKeys() && C.qtb_shm_is_key_type_supported(C.uint16_t(t)) != 0
}

// SharedMemoryPlatformSafeKey is QSharedMemory::platformSafeKey(key, t).toString(),
// empty on Qt before 6.6.
func SharedMemoryPlatformSafeKey(key string, t KeyType) string {
	return keyOf(key, t, func(p *C.char, n C.size_t, t C.uint16_t) C.qtb_result {
		return C.qtb_shm_platform_safe_key(p, n, t)
	})
}

// SharedMemoryLegacyNativeKey is QSharedMemory::legacyNativeKey(key, t).toString(),
// empty on Qt before 6.6.
func SharedMemoryLegacyNativeKey(key string, t KeyType) string {
	return keyOf(key, t, func(p *C.char, n C.size_t, t C.uint16_t) C.qtb_result {
		return C.qtb_shm_legacy_native_key(p, n, t)
	})
}

// Create is create(): it makes a segment of size bytes and attaches to it. With
// SetKey it resets the semaphore to 1, even if it fails, and takes it meanwhile.
// A size that does not fit the type of Qt's argument is an error with code
// [Argument].
func (m *SharedMemory) Create(size int64, mode AccessMode) error {
	return m.call("QSharedMemory::create", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_create(h, C.int64_t(size), C.int32_t(mode))
	})
}

// Size is size() in bytes, 0 when not attached.
func (m *SharedMemory) Size() int64 {
	return int64(m.value(func(h *C.qtb_shm) C.qtb_result { return C.qtb_shm_size(h) }).value)
}

// Attach is attach(). With SetKey it takes the lock meanwhile, and so can
// block; it makes the semaphore if there is none, even if it fails.
func (m *SharedMemory) Attach(mode AccessMode) error {
	return m.call("QSharedMemory::attach", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_attach(h, C.int32_t(mode))
	})
}

// IsAttached is isAttached().
func (m *SharedMemory) IsAttached() bool {
	return m.value(func(h *C.qtb_shm) C.qtb_result { return C.qtb_shm_is_attached(h) }).value != 0
}

// Detach is detach(); the last one to detach removes the segment. With SetKey
// it takes the lock meanwhile, and so can block.
func (m *SharedMemory) Detach() error {
	return m.call("QSharedMemory::detach", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_detach(h)
	})
}

// Data is data() as a slice over the mapped memory, nil when not attached. It
// is valid until the object detaches, is given another key or is closed: the
// program dies if it is touched later, or if it is written to while attached
// [ReadOnly].
func (m *SharedMemory) Data() []byte {
	return bytes(m.value(func(h *C.qtb_shm) C.qtb_result { return C.qtb_shm_data(h) }))
}

// ConstData is constData(), the same memory as [SharedMemory.Data].
func (m *SharedMemory) ConstData() []byte {
	return bytes(m.value(func(h *C.qtb_shm) C.qtb_result { return C.qtb_shm_const_data(h) }))
}

func bytes(r C.qtb_result) []byte {
	if r.data == nil {
		return nil
	}
	return unsafe.Slice((*byte)(r.data), int(r.value))
}

// Lock is lock(): it waits for the lock without limit. With a native key it
// fails at once on Qt before 6.6.
func (m *SharedMemory) Lock() error {
	return m.call("QSharedMemory::lock", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_lock(h)
	})
}

// Unlock is unlock(). Without a lock held it fails with code [NoError].
func (m *SharedMemory) Unlock() error {
	return m.call("QSharedMemory::unlock", func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_shm_unlock(h)
	})
}

// Err is error() and errorString(), nil for NoError. Qt keeps the error of an
// earlier call even after calls that worked.
func (m *SharedMemory) Err() error {
	return m.call("QSharedMemory", func(h *C.qtb_shm) C.qtb_result { return C.qtb_shm_error(h) })
}
