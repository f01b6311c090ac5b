package winobj

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/windows"

	"qtinterop/internal/ipc"
)

// openError is why an object cannot be opened.
func openError(name string, err error) error {
	switch errno, _ := errors.AsType[syscall.Errno](err); errno {
	case windows.ERROR_ACCESS_DENIED:
		return foreign(name, err)
	case windows.ERROR_FILE_NOT_FOUND:
		return &ipc.Error{Code: ipc.NotFound, Err: err,
			Text: fmt.Sprintf("nobody has an object %s open in this session; start the Qt program in it, or use Global\\ in native keys on both sides", name)}
	}
	return unusable(name, err)
}

// stateError is why the state of an object that is open cannot be read.
func stateError(name string, err error) error {
	switch errno, _ := errors.AsType[syscall.Errno](err); errno {
	case windows.ERROR_ACCESS_DENIED:
		return foreign(name, err)
	case windows.ERROR_PATH_NOT_FOUND, windows.ERROR_INVALID_NAME, windows.ERROR_INVALID_HANDLE, windows.ERROR_INVALID_ADDRESS:
		return unusable(name, err)
	}
	return &ipc.Error{Code: ipc.Unknown, Err: err, Text: fmt.Sprintf("%v; try again", err)}
}

func foreign(name string, err error) error {
	return &ipc.Error{Code: ipc.Permission, Err: err,
		Text: fmt.Sprintf("the object %s belongs to another user; run as that user", name)}
}

func unusable(name string, err error) error {
	return &ipc.Error{Code: ipc.Unusable, Err: err,
		Text: fmt.Sprintf("%s cannot be the name of a segment, or is that of another object: %v; use another key", name, err)}
}
