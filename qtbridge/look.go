package qtbridge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"qtinterop/internal/ipc"
)

// look tells whether there is a segment and in which state, without Qt: asking
// Qt means to attach or create, which has side effects on the peer. Where there
// is none, the error is an ErrNotFound that says what is missing.
func (p place) look(op string, key Key) (ipc.Segment, error) {
	segment, err := p.system.Segment(p.Place)
	if err == nil {
		return segment, nil
	}
	if ipc.IsNotFound(err) && p.isElsewhere() {
		return segment, elsewhereError(op, key, p)
	}
	return segment, systemError(op, key, err)
}

// other is where another system has the segment of the key, if a Qt without this one
// made it; empty if there is no such system.
func (p place) other() string {
	rest, ok := ipc.QtRest(filepath.Base(p.Segment))
	if p.Native || !ok || !p.traits().KeyFiles {
		return ""
	}
	return otherSegment(rest)
}

// isElsewhere tells whether there is a segment there.
func (p place) isElsewhere() bool {
	other := p.other()
	if other == "" {
		return false
	}
	info, err := os.Stat(other)
	return err == nil && info.Size() > 0 // else it may be a key file
}

// elsewhereKey is the key of that segment, with the lock that its programs use.
func elsewhereKey(key Key, p place) Key {
	return Key{name: "/" + filepath.Base(p.other()), kind: posixKey, legacy: key.lockName()}
}

func elsewhereError(op string, key Key, p place) error {
	return &Error{Op: op, Key: key, Code: ErrUnsupported,
		Msg: fmt.Sprintf("its segment is not of System V, as with this Qt, but the POSIX one %s: a Qt that was built with QT_POSIX_IPC made it; use the key %s, with Qt 6.6 or later in this program",
			p.other(), elsewhereKey(key, p))}
}

// isNotFound tells whether err says that there is no segment.
func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// isExists tells whether err says that there is a segment already.
func isExists(err error) bool { return errors.Is(err, ErrExists) }

// isPassing tells whether err, of a call of Qt's, can be the effect of a key
// file or segment that came or went during the call, so that it is worth to look
// again: a file that vanishes before ftok() is a KeyError to Qt, and a segment
// that vanishes before shmat() an UnknownError.
func isPassing(err error) bool {
	return isNotFound(err) || errors.Is(err, ErrKey) || errors.Is(err, ErrUnknown)
}
