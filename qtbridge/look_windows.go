package qtbridge

import (
	"fmt"
	"syscall"

	"qtinterop/native"
)

func lookError(op string, key Key, e *native.LookError) error {
	err := &Error{Op: op, Key: key, Code: ErrKey, Err: e}
	switch {
	case e.Errno == syscall.EACCES:
		err.Code = ErrPermission
		err.Msg = fmt.Sprintf("the object %s belongs to another user; run as that user", e.Path)
	case e.Step == native.StepFile && e.Errno == syscall.ENOENT:
		err.Code = ErrNotFound
		err.Msg = missingFile(key, e.Path)
	case e.Step == native.StepState:
		err.Code = ErrUnknown
		err.Msg = fmt.Sprintf("%v; try again", e.Errno)
	default:
		err.Msg = fmt.Sprintf("%s cannot be the name of a segment, or is that of another object: %v; use another key", e.Path, e.Errno)
	}
	return err
}

// missingFile says why there may be no object.
func missingFile(_ Key, path string) string {
	return fmt.Sprintf("nobody has an object %s open in this session; start the Qt program in it, or use Global\\ in native keys on both sides", path)
}
