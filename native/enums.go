package native

import (
	"errors"
	"fmt"
)

// AccessMode is QSharedMemory::AccessMode.
type AccessMode int32

// The access modes of a segment.
const (
	ReadOnly AccessMode = iota
	ReadWrite
)

// SemaphoreMode is QSystemSemaphore::AccessMode.
type SemaphoreMode int32

// Open uses a semaphore that exists and makes one that does not. Create also
// resets one that exists to the initial value, and becomes its owner.
const (
	Open SemaphoreMode = iota
	Create
)

// KeyType is QNativeIpcKey::Type. Numbers up to 255 are System V keys too, with that
// number in the place of SystemV's; 0 is no type.
type KeyType uint16

// The types of native keys.
const (
	SystemV       KeyType = 0x51
	PosixRealtime KeyType = 0x100
	Windows       KeyType = 0x101
)

// Code is the name that an error has in Qt.
type Code string

// The errors of QSharedMemory and QSystemSemaphore, which share names but not
// numbers, and after them the three that Qt does not have.
const (
	NoError          Code = "NoError"
	PermissionDenied Code = "PermissionDenied"
	InvalidSize      Code = "InvalidSize"
	KeyError         Code = "KeyError"
	AlreadyExists    Code = "AlreadyExists"
	NotFound         Code = "NotFound"
	LockError        Code = "LockError"
	OutOfResources   Code = "OutOfResources"
	UnknownError     Code = "UnknownError"

	Exception Code = "Exception" // C++ code threw
	Argument  Code = "Argument"  // an argument that Qt's types cannot hold
	Gone      Code = "Gone"      // an adopted object that its owner has deleted
)

// sharedMemoryErrors and semaphoreErrors are Qt's enums in their order, which
// shim.cpp asserts.
var (
	sharedMemoryErrors = []Code{
		NoError, PermissionDenied, InvalidSize, KeyError, AlreadyExists, NotFound, LockError,
		OutOfResources, UnknownError,
	}
	semaphoreErrors = []Code{
		NoError, PermissionDenied, KeyError, AlreadyExists, NotFound, OutOfResources, UnknownError,
	}
)

// codeOf names the number n of one of Qt's enums.
func codeOf(enum []Code, n int32) Code {
	switch {
	case n >= 0 && int(n) < len(enum):
		return enum[n]
	case n == -1:
		return Exception
	case n == -2:
		return Argument
	case n == -3:
		return Gone
	}
	return Code(fmt.Sprintf("error %d", n))
}

// Error is a call that Qt answered with false, with the object's error and
// error text as they were right after it.
type Error struct {
	Method string // as in C++: "QSharedMemory::create"
	Code   Code
	Text   string // errorString(), often without a cause; can be empty
}

func (e *Error) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("%s failed: %s", e.Method, e.Code)
	}
	return fmt.Sprintf("%s failed: %s: %s", e.Method, e.Code, e.Text)
}

var (
	// ErrClosed is returned by methods of an object after its Close.
	ErrClosed = errors.New("native: the object is closed")
	// ErrUnavailable is returned by everything in a build without cgo or for
	// a system that is not supported.
	ErrUnavailable = errors.New("native: this build is without Qt: it needs cgo, and Linux or Windows")
	// ErrMemory is returned when there is no memory for a C++ object.
	ErrMemory = errors.New("native: out of memory")
	// ErrMixed is returned by everything in a program that was compiled against
	// one major version of Qt and calls another one: it would crash.
	ErrMixed = errors.New("native: two major versions of Qt are in this program")
	// ErrNotSharedMemory is returned by AdoptSharedMemory.
	ErrNotSharedMemory = errors.New("native: the pointer is nil or not a QSharedMemory")
)
