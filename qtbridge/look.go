package qtbridge

import (
	"errors"
	"os"

	"qtinterop/internal/procfs"
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
	return state.Attached == 0 && !procfs.Alive(state.Creator)
}
