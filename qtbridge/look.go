package qtbridge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"qtinterop/native"
)

// look tells whether there is a segment and in which state, without Qt: asking
// Qt means to attach or create, which has side effects on the peer. Where there
// is none, the error is an ErrNotFound that says what is missing.
func look(op string, key Key, path string) (native.SegmentState, error) {
	state, err := native.LookSegment(path)
	if err == nil {
		return state, nil
	}
	e, ok := errors.AsType[*native.LookError](err)
	if !ok {
		return state, qtError(op, key, err)
	}
	return state, lookError(op, key, e)
}

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

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isNotFound tells whether err says that there is no segment.
func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// isPassing tells whether err, of a call of Qt's, can be the effect of a key
// file or segment that came or went during the call, so that it is worth to look
// again: a file that vanishes before ftok() is a KeyError to Qt, and a segment
// that vanishes before shmat() an UnknownError.
func isPassing(err error) bool {
	return isNotFound(err) || errors.Is(err, ErrKey) || errors.Is(err, ErrUnknown)
}

// isOrphan tells whether a segment was left behind by a crash: nobody is
// attached, and who created it is gone.
func isOrphan(state native.SegmentState) bool {
	return state.Attached == 0 && !alive(state.Creator)
}
