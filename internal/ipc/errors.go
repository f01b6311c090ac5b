package ipc

import "errors"

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
	Text    string // the cause, and a remedy
	Err     error  // the system's error, if any
}

func (e *Error) Error() string { return e.Text }

// Unwrap returns the system's error.
func (e *Error) Unwrap() error { return e.Err }

// How a Take, Give, Add or Wait can end other than well.
var (
	ErrTaken       = errors.New("there is not as much to be had")
	ErrGone        = errors.New("the semaphore was removed")
	ErrLost        = errors.New("somebody else has reset it or given it back")
	ErrFull        = errors.New("there cannot be more")
	ErrDifferent   = errors.New("the content is another one")
	ErrTimeout     = errors.New("the time is over")
	ErrInterrupted = errors.New("the wait was interrupted")
)

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
