package qtbridge

import (
	"errors"

	"qtinterop/internal/ipc"
)

// look tells whether there is a segment and in which state, without Qt: asking
// Qt means to attach or create, which has side effects on the peer. Where there
// is none, the error is an ErrNotFound that says what is missing.
func (p place) look(op string, key Key) (ipc.Segment, error) {
	segment, err := p.system.Segment(p.Place)
	if err != nil {
		return segment, systemError(op, key, err)
	}
	return segment, nil
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
