package ipc

import (
	"errors"
	"syscall"
)

// Code is the kind of an [Error].
type Code int

// The kinds of errors.
const (
	Unknown     Code = iota
	NotFound         // there is no such object
	Permission       // it belongs to another user
	Unusable         // no object can have this name
	Size             // of a segment that cannot be
	Resources        // the system has no more of something
	Busy             // somebody else is at it
	Unsupported      // the system does not have it, or not here
)

// Error is what a look or a step met.
type Error struct {
	Code Code
	// Partial: something is there of what was not found, as of an object that is
	// being made or removed.
	Partial bool
	Text    string        // the cause, and a remedy
	Explain func() string // finds the Text, if that is not to be had for nothing
	Err     error         // the system's error, if any
}

func (e *Error) Error() string {
	if e.Explain != nil {
		return e.Explain()
	}
	return e.Text
}

// Unwrap returns the system's error.
func (e *Error) Unwrap() error { return e.Err }

// How a Take, Give, Add or Wait can end other than well. They come as they are, and
// can be compared with ==.
var (
	ErrTaken       error = &outcome{"there is not as much to be had", syscall.EAGAIN}
	ErrGone        error = &outcome{"the semaphore was removed", syscall.EIDRM}
	ErrLost        error = &outcome{"somebody else has reset it or given it back", syscall.ERANGE}
	ErrFull        error = &outcome{"there cannot be more", syscall.ERANGE}
	ErrCopied            = errors.New("the content is another one, and is copied")
	ErrDifferent         = errors.New("the content is another one")
	ErrTimeout           = errors.New("the time is over")
	ErrInterrupted       = errors.New("the wait was interrupted")
)

// outcome is an error in words, and as System V has it.
type outcome struct {
	text  string
	errno syscall.Errno
}

func (o *outcome) Error() string { return o.text + ": " + o.errno.Error() }

// Unwrap returns the errno.
func (o *outcome) Unwrap() error { return o.errno }

// IsNotFound tells whether err says that there is no such object.
func IsNotFound(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == NotFound
}

// IsPartial tells whether err says that there is something in place of what was
// not found.
func IsPartial(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == NotFound && e.Partial
}
