package qtbridge

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// Code is the kind of an [Error], and itself an error to compare with:
//
//	if errors.Is(err, qtbridge.ErrNotFound) { … }
type Code int

// The kinds of errors.
const (
	// ErrUnknown is a failure that Qt itself has no name for.
	ErrUnknown Code = iota
	// ErrNotFound: there is no segment with this key. Also [fs.ErrNotExist].
	ErrNotFound
	// ErrExists: there is a segment with this key already. Also [fs.ErrExist].
	ErrExists
	// ErrPermission: the segment or its lock belongs to another user, or the system
	// does not let this program use shared memory or make a key file. Also
	// [fs.ErrPermission].
	ErrPermission
	// ErrKey: the key cannot be used. Also [fs.ErrInvalid].
	ErrKey
	// ErrSize: the size is not positive, or beyond a limit. Also
	// [fs.ErrInvalid].
	ErrSize
	// ErrRange: offset or length is outside of the segment. Also
	// [fs.ErrInvalid].
	ErrRange
	// ErrCount: a count or value that no semaphore can have. Also
	// [fs.ErrInvalid].
	ErrCount
	// ErrMode: no such access mode. Also [fs.ErrInvalid].
	ErrMode
	// ErrText: text that the encoding does not have, or bytes that are none in
	// it. Also [fs.ErrInvalid].
	ErrText
	// ErrResources: the system has no more memory or identifiers for segments, or no
	// room for a key file.
	ErrResources
	// ErrNoLock: segments with this kind of key have no lock.
	ErrNoLock
	// ErrLocked: somebody else holds the lock.
	ErrLocked
	// ErrNotLocked: an unlock without a lock.
	ErrNotLocked
	// ErrLockLost: the lock was removed or reset by another process while it
	// was held, so somebody else may have held it as well.
	ErrLockLost
	// ErrReadOnly: the segment is attached read-only.
	ErrReadOnly
	// ErrClosed: the Segment is closed. Also [fs.ErrClosed].
	ErrClosed
	// ErrBusy: something still uses what is to be closed or replaced.
	ErrBusy
	// ErrUnstable: the content changed too often to get a consistent copy.
	ErrUnstable
	// ErrUnsupported: understood, but not possible with this Qt, or on a system
	// without System V IPC. Also
	// [errors.ErrUnsupported].
	ErrUnsupported
	// ErrUnavailable: this program was built without Qt. Also
	// [errors.ErrUnsupported].
	ErrUnavailable
)

var codeTexts = [...]string{
	ErrUnknown:     "failed",
	ErrNotFound:    "not found",
	ErrExists:      "already exists",
	ErrPermission:  "permission denied",
	ErrKey:         "unusable key",
	ErrSize:        "unusable size",
	ErrRange:       "outside of the segment",
	ErrCount:       "unusable count",
	ErrMode:        "no such access mode",
	ErrText:        "not in this encoding",
	ErrResources:   "out of resources",
	ErrNoLock:      "has no lock",
	ErrLocked:      "locked by somebody else",
	ErrNotLocked:   "not locked",
	ErrLockLost:    "lock lost while held",
	ErrReadOnly:    "attached read-only",
	ErrClosed:      "closed",
	ErrBusy:        "still in use",
	ErrUnstable:    "content does not hold still",
	ErrUnsupported: "not supported",
	ErrUnavailable: "built without Qt",
}

// codeMeanings are the errors of the standard library that mean the same.
var codeMeanings = map[Code]error{
	ErrNotFound:    fs.ErrNotExist,
	ErrExists:      fs.ErrExist,
	ErrPermission:  fs.ErrPermission,
	ErrKey:         fs.ErrInvalid,
	ErrSize:        fs.ErrInvalid,
	ErrRange:       fs.ErrInvalid,
	ErrCount:       fs.ErrInvalid,
	ErrMode:        fs.ErrInvalid,
	ErrText:        fs.ErrInvalid,
	ErrClosed:      fs.ErrClosed,
	ErrUnsupported: errors.ErrUnsupported,
	ErrUnavailable: errors.ErrUnsupported,
}

func (c Code) Error() string { return enumText(c, codeTexts[:], "code") }

// Is reports whether c means the same as the standard library's target.
func (c Code) Is(target error) bool {
	meaning, ok := codeMeanings[c]
	return ok && target == meaning
}

// Error is what went wrong with which key, and what can be done about it.
type Error struct {
	Op   string // "create", "attach", "lock", …
	Key  Key    // the zero Key where none is concerned, as by an Encoding
	Code Code
	Msg  string // the cause as far as known, and a remedy
	Err  error  // the error underneath, if any: a context's, Qt's, the system's
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("qtbridge: " + e.Op)
	if e.Key != (Key{}) {
		fmt.Fprintf(&b, " %q", e.Key.String())
	}
	b.WriteString(": " + e.Code.Error())
	if e.Msg != "" {
		b.WriteString(": " + e.Msg)
	}
	return b.String()
}

// Is makes errors.Is(err, code) true for e's Code and for the error of the
// standard library that means the same.
func (e *Error) Is(target error) bool { return target == e.Code || e.Code.Is(target) }

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.Err }

// qtCodes tells which kind of error Qt's errors are.
var qtCodes = map[native.Code]Code{
	native.PermissionDenied: ErrPermission,
	native.InvalidSize:      ErrSize,
	native.KeyError:         ErrKey,
	native.AlreadyExists:    ErrExists,
	native.NotFound:         ErrNotFound,
	native.LockError:        ErrLocked,
	native.OutOfResources:   ErrResources,
	native.Argument:         ErrSize,
}

// QtName is the name of the QSharedMemory::SharedMemoryError that says as much, without
// its class: NotFound for [ErrNotFound]. What Qt has no name for is UnknownError.
func (c Code) QtName() string {
	if name, ok := qtNames[c]; ok {
		return string(name)
	}
	return string(native.UnknownError)
}

var qtNames = map[Code]native.Code{
	ErrNotFound: native.NotFound, ErrExists: native.AlreadyExists, ErrPermission: native.PermissionDenied,
	ErrKey: native.KeyError, ErrSize: native.InvalidSize, ErrResources: native.OutOfResources,
	ErrLocked: native.LockError, ErrNoLock: native.LockError, ErrNotLocked: native.LockError, ErrLockLost: native.LockError,
}

// qtError is an error of package native in the words of this package.
func qtError(op string, key Key, err error) error {
	if errors.Is(err, native.ErrUnavailable) {
		return unavailable(op, key)
	}
	if errors.Is(err, native.ErrMixed) {
		return unsupportedQt(op, key)
	}
	e := &Error{Op: op, Key: key, Code: ErrUnknown, Msg: err.Error(), Err: err}
	if qt, ok := errors.AsType[*native.Error](err); ok {
		e.Code = qtCodes[qt.Code]
	}
	if e.Code == ErrKey {
		if cause := whyNoKeyFile(op, key); cause != nil {
			return cause
		}
	}
	for code, remedy := range systemOf(key).Traits().Remedies {
		if systemCodes[code] == e.Code {
			e.Msg += "; " + remedy
		}
	}
	return e
}

// systemCodes tells which kind of error a system's errors are.
var systemCodes = map[ipc.Code]Code{
	ipc.Unknown:     ErrUnknown,
	ipc.NotFound:    ErrNotFound,
	ipc.Permission:  ErrPermission,
	ipc.Unusable:    ErrKey,
	ipc.Size:        ErrSize,
	ipc.Resources:   ErrResources,
	ipc.Busy:        ErrBusy,
	ipc.Unsupported: ErrUnsupported,
}

// systemError is an error of a system in the words of this package.
func systemError(op string, key Key, err error) *Error {
	e := &Error{Op: op, Key: key, Code: ErrUnknown, Msg: err.Error(), Err: err}
	if known, ok := errors.AsType[*ipc.Error](err); ok {
		e.Code = systemCodes[known.Code]
	}
	return e
}

func unavailable(op string, key Key) error {
	return &Error{Op: op, Key: key, Code: ErrUnavailable, Err: native.ErrUnavailable,
		Msg: "build with CGO_ENABLED=1 on Linux or Windows, with the development files of Qt 6 (or of Qt 5.15 and -tags qt5)"}
}

// isUnexplained tells whether Qt answered false without an error.
func isUnexplained(err error) bool {
	qt, ok := errors.AsType[*native.Error](err)
	return ok && qt.Code == native.NoError
}
