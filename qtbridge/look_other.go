//go:build !windows

package qtbridge

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"qtinterop/native"
)

func lookError(op string, key Key, e *native.LookError) error {
	err := &Error{Op: op, Key: key, Code: ErrKey, Err: e}
	switch {
	case e.Errno == syscall.EACCES || e.Errno == syscall.EPERM:
		err.Code = ErrPermission
		err.Msg = fmt.Sprintf("%s; it belongs to %s, and this program runs as user %d",
			e, ownerOf(e.Path), os.Geteuid())
	case e.Step != native.StepFile:
		// ENOENT, or EINVAL or EIDRM if it went away during the look.
		err.Code = ErrNotFound
		err.Msg = fmt.Sprintf("there is a key file, %s, but nothing behind it, as a crash or an interrupted start leaves it; start the Qt program", e.Path)
	case e.Errno == syscall.ENOENT:
		err.Code = ErrNotFound
		err.Msg = missingFile(key, e.Path)
	default:
		err.Msg = e.Error() + "; use a key whose file can exist"
	}
	return err
}

// missingFile says why a key file may not be there.
func missingFile(key Key, path string) string {
	if dir := filepath.Dir(path); !isDir(dir) {
		return fmt.Sprintf("there is no directory %s for the key file; give the key as the Qt program does", dir)
	}
	if key.native {
		return fmt.Sprintf("there is no key file %s; start the Qt program, or name its working directory with NativeKeyIn", path)
	}
	return fmt.Sprintf("there is no key file %s; start the Qt program, with the same TMPDIR as this one", path)
}
