//go:build cgo && (linux || windows)

package native

// #include "shim.h"
import "C"

import "runtime"

// SystemSemaphore is a QSystemSemaphore. It belongs to one goroutine at a time,
// but for Close.
type SystemSemaphore struct {
	*handle[*C.qtb_sem]
	cleanup runtime.Cleanup
}

// NewSystemSemaphore is QSystemSemaphore(key, initial, mode). The C++
// constructor cannot fail: [SystemSemaphore.Err] tells what it met, and the
// first Acquire or Release tries again.
func NewSystemSemaphore(key string, initial int, mode SemaphoreMode) (*SystemSemaphore, error) {
	if mode != Open && mode != Create || int(int32(initial)) != initial {
		return nil, &Error{Method: "QSystemSemaphore", Code: Argument, Text: "no such mode or value"}
	}
	if err := mixed(); err != nil {
		return nil, err
	}
	p, n := chars(key)
	return newSystemSemaphore(C.qtb_sem_new(p, n, C.int32_t(initial), C.int32_t(mode)))
}

// NewNativeSystemSemaphore is QSystemSemaphore(QNativeIpcKey::fromString(key), initial,
// mode), which Qt has since 6.6: see [HasNativeIpcKeys]; without it, or if the text is
// no key, is an error with code [Argument]. As with [NewSystemSemaphore], what the
// constructor met is in [SystemSemaphore.Err].
func NewNativeSystemSemaphore(key string, initial int, mode SemaphoreMode) (*SystemSemaphore, error) {
	const method = "QSystemSemaphore"
	if mode != Open && mode != Create || int(int32(initial)) != initial {
		return nil, &Error{Method: method, Code: Argument, Text: "no such mode or value"}
	}
	if err := checkText(method, key); err != nil {
		return nil, err
	}
	p, n := chars(key)
	return newSystemSemaphore(C.qtb_sem_new_native(p, n, C.int32_t(initial), C.int32_t(mode)))
}

func newSystemSemaphore(object *C.qtb_sem) (*SystemSemaphore, error) {
	if object == nil {
		return nil, ErrMemory
	}
	s := &SystemSemaphore{handle: &handle[*C.qtb_sem]{object: object, delete: deleteSemaphore}}
	s.cleanup = runtime.AddCleanup(s, closeSemaphore, s.handle)
	return s, nil
}

func deleteSemaphore(h *C.qtb_sem) { C.qtb_sem_delete(h) }

func closeSemaphore(h *handle[*C.qtb_sem]) { h.close() }

// Close is ~QSystemSemaphore(), which removes the semaphore from the system if
// this object made it or was opened with [Create].
func (s *SystemSemaphore) Close() {
	s.cleanup.Stop()
	s.close()
}

func (s *SystemSemaphore) call(method string, call func(*C.qtb_sem) C.qtb_result) error {
	defer runtime.KeepAlive(s)
	r, err := s.use(call)
	return answer(method, semaphoreErrors, r, err)
}

// SetKey is setKey(key, initial, mode); the error is error() after it.
func (s *SystemSemaphore) SetKey(key string, initial int, mode SemaphoreMode) error {
	if int(int32(initial)) != initial {
		return &Error{Method: "QSystemSemaphore::setKey", Code: Argument, Text: "no such value"}
	}
	p, n := chars(key)
	return s.call("QSystemSemaphore::setKey", func(h *C.qtb_sem) C.qtb_result {
		return C.qtb_sem_set_key(h, p, n, C.int32_t(initial), C.int32_t(mode))
	})
}

// Key is key(), empty when it is null.
func (s *SystemSemaphore) Key() string {
	defer runtime.KeepAlive(s)
	r, _ := s.use(func(h *C.qtb_sem) C.qtb_result { return C.qtb_sem_key(h) })
	return text(r)
}

// SetNativeKey is setNativeKey(key, initial, mode, t), which Qt has since 6.6: see
// [HasNativeIpcKeys]; without it is an error with code [Argument]. Else the error is
// error() after it.
func (s *SystemSemaphore) SetNativeKey(key string, initial int, mode SemaphoreMode, t KeyType) error {
	const method = "QSystemSemaphore::setNativeKey"
	if int(int32(initial)) != initial {
		return &Error{Method: method, Code: Argument, Text: "no such value"}
	}
	p, n := chars(key)
	return s.call(method, func(h *C.qtb_sem) C.qtb_result {
		return C.qtb_sem_set_native_key(h, p, n, C.int32_t(initial), C.int32_t(mode), C.uint16_t(t))
	})
}

// SetNativeIpcKey is setNativeKey(QNativeIpcKey::fromString(key), initial, mode); see
// [SystemSemaphore.SetNativeKey]. A text that is no key is an error with code
// [Argument].
func (s *SystemSemaphore) SetNativeIpcKey(key string, initial int, mode SemaphoreMode) error {
	const method = "QSystemSemaphore::setNativeKey"
	if int(int32(initial)) != initial {
		return &Error{Method: method, Code: Argument, Text: "no such value"}
	}
	p, n := chars(key)
	return s.call(method, func(h *C.qtb_sem) C.qtb_result {
		return C.qtb_sem_set_native_ipc_key(h, p, n, C.int32_t(initial), C.int32_t(mode))
	})
}

// NativeIpcKey is nativeIpcKey().toString(), empty on Qt before 6.6.
func (s *SystemSemaphore) NativeIpcKey() string {
	defer runtime.KeepAlive(s)
	r, _ := s.use(func(h *C.qtb_sem) C.qtb_result { return C.qtb_sem_native_ipc_key(h) })
	return value(r)
}

// SystemSemaphoreIsKeyTypeSupported is QSystemSemaphore::isKeyTypeSupported(t), false
// on Qt before 6.6.
func SystemSemaphoreIsKeyTypeSupported(t KeyType) bool {
	return HasNativeIpcKeys() && C.qtb_sem_is_key_type_supported(C.uint16_t(t)) != 0
}

// SystemSemaphorePlatformSafeKey is QSystemSemaphore::platformSafeKey(key, t).toString(),
// empty on Qt before 6.6.
func SystemSemaphorePlatformSafeKey(key string, t KeyType) string {
	return keyOf(key, t, func(p *C.char, n C.size_t, t C.uint16_t) C.qtb_result {
		return C.qtb_sem_platform_safe_key(p, n, t)
	})
}

// SystemSemaphoreLegacyNativeKey is QSystemSemaphore::legacyNativeKey(key, t).toString(),
// empty on Qt before 6.6.
func SystemSemaphoreLegacyNativeKey(key string, t KeyType) string {
	return keyOf(key, t, func(p *C.char, n C.size_t, t C.uint16_t) C.qtb_result {
		return C.qtb_sem_legacy_native_key(p, n, t)
	})
}

// Acquire is acquire(): it waits without limit until it can take 1. The kernel
// gives that back if this process dies.
func (s *SystemSemaphore) Acquire() error {
	return s.call("QSystemSemaphore::acquire", func(h *C.qtb_sem) C.qtb_result {
		return C.qtb_sem_acquire(h)
	})
}

// Release is release(n): it adds n. It never blocks.
func (s *SystemSemaphore) Release(n int) error {
	if int(int32(n)) != n {
		return &Error{Method: "QSystemSemaphore::release", Code: Argument, Text: "no such count"}
	}
	return s.call("QSystemSemaphore::release", func(h *C.qtb_sem) C.qtb_result {
		return C.qtb_sem_release(h, C.int32_t(n))
	})
}

// Err is error() and errorString(), nil for NoError.
func (s *SystemSemaphore) Err() error {
	return s.call("QSystemSemaphore", func(h *C.qtb_sem) C.qtb_result { return C.qtb_sem_error(h) })
}
