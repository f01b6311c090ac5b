//go:build !cgo || (!linux && !windows)

package native

import "unsafe"

// Available tells whether this build has Qt in it.
const Available = false

// SharedMemory is a QSharedMemory; there is none in this build.
type SharedMemory struct{}

// SystemSemaphore is a QSystemSemaphore; there is none in this build.
type SystemSemaphore struct{}

// Everything below returns ErrUnavailable or a zero value.

func VersionRunning() string  { return "" }
func VersionCompiled() string { return "" }
func MaxSize() int64          { return 0 }
func HasNativeIpcKeys() bool  { return false }

func DefaultTypeForOs() KeyType       { return 0 }
func LegacyDefaultTypeForOs() KeyType { return 0 }

// NativeIpcKey is a QNativeIpcKey; there is none in this build.
type NativeIpcKey struct{}

func NewNativeIpcKey(string, KeyType) NativeIpcKey { return NativeIpcKey{} }
func ParseNativeIpcKey(string) NativeIpcKey        { return NativeIpcKey{} }

func (k NativeIpcKey) String() string       { return "" }
func (k NativeIpcKey) IsValid() bool        { return false }
func (k NativeIpcKey) IsEmpty() bool        { return true }
func (k NativeIpcKey) NativeKey() string    { return "" }
func (k *NativeIpcKey) SetNativeKey(string) {}
func (k NativeIpcKey) Type() KeyType        { return 0 }
func (k *NativeIpcKey) SetType(KeyType)     {}

func SharedMemoryIsKeyTypeSupported(KeyType) bool           { return false }
func SharedMemoryPlatformSafeKey(string, KeyType) string    { return "" }
func SharedMemoryLegacyNativeKey(string, KeyType) string    { return "" }
func SystemSemaphoreIsKeyTypeSupported(KeyType) bool        { return false }
func SystemSemaphorePlatformSafeKey(string, KeyType) string { return "" }
func SystemSemaphoreLegacyNativeKey(string, KeyType) string { return "" }

func NewSharedMemory() (*SharedMemory, error)                 { return nil, ErrUnavailable }
func NewNativeSharedMemory(string) (*SharedMemory, error)     { return nil, ErrUnavailable }
func AdoptSharedMemory(unsafe.Pointer) (*SharedMemory, error) { return nil, ErrUnavailable }

func (m *SharedMemory) Close()                                 {}
func (m *SharedMemory) Pointer() unsafe.Pointer                { return nil }
func (m *SharedMemory) SetKey(string) error                    { return ErrUnavailable }
func (m *SharedMemory) Key() string                            { return "" }
func (m *SharedMemory) SetNativeKey(string) error              { return ErrUnavailable }
func (m *SharedMemory) NativeKey() string                      { return "" }
func (m *SharedMemory) SetNativeKeyType(string, KeyType) error { return ErrUnavailable }
func (m *SharedMemory) SetNativeIpcKey(string) error           { return ErrUnavailable }
func (m *SharedMemory) NativeIpcKey() string                   { return "" }
func (m *SharedMemory) Create(int64, AccessMode) error         { return ErrUnavailable }
func (m *SharedMemory) Size() int64                            { return 0 }
func (m *SharedMemory) Attach(AccessMode) error                { return ErrUnavailable }
func (m *SharedMemory) IsAttached() bool                       { return false }
func (m *SharedMemory) Detach() error                          { return ErrUnavailable }
func (m *SharedMemory) Data() []byte                           { return nil }
func (m *SharedMemory) ConstData() []byte                      { return nil }
func (m *SharedMemory) Lock() error                            { return ErrUnavailable }
func (m *SharedMemory) Unlock() error                          { return ErrUnavailable }
func (m *SharedMemory) Err() error                             { return ErrUnavailable }

func NewSystemSemaphore(string, int, SemaphoreMode) (*SystemSemaphore, error) {
	return nil, ErrUnavailable
}
func NewNativeSystemSemaphore(string, int, SemaphoreMode) (*SystemSemaphore, error) {
	return nil, ErrUnavailable
}
func (s *SystemSemaphore) Close()                                  {}
func (s *SystemSemaphore) SetKey(string, int, SemaphoreMode) error { return ErrUnavailable }
func (s *SystemSemaphore) Key() string                             { return "" }
func (s *SystemSemaphore) SetNativeKey(string, int, SemaphoreMode, KeyType) error {
	return ErrUnavailable
}
func (s *SystemSemaphore) SetNativeIpcKey(string, int, SemaphoreMode) error { return ErrUnavailable }
func (s *SystemSemaphore) NativeIpcKey() string                             { return "" }
func (s *SystemSemaphore) Acquire() error                                   { return ErrUnavailable }
func (s *SystemSemaphore) Release(int) error                                { return ErrUnavailable }
func (s *SystemSemaphore) Err() error                                       { return ErrUnavailable }

func ToLocal8Bit(string) ([]byte, error)   { return nil, ErrUnavailable }
func FromLocal8Bit([]byte) (string, error) { return "", ErrUnavailable }

func MaxStreamVersion() int { return 0 }

func WriteStream(_, _ []byte, _ int, _, _ bool) ([]byte, error) { return nil, ErrUnavailable }
func ReadStream(_, _, _ []byte, _ int, _, _ bool) ([]byte, int, error) {
	return nil, 0, ErrUnavailable
}
