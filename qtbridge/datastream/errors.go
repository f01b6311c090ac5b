package datastream

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"qtinterop/native"
)

// Code is the kind of an [Error], and itself an error to compare with by errors.Is.
type Code int

// The kinds of errors.
const (
	// ErrType: a Go type that has no form in Qt. Also [fs.ErrInvalid].
	ErrType Code = iota
	// ErrTag: a tag that is not understood, or contradicts the Go type. Also [fs.ErrInvalid].
	ErrTag
	// ErrVersion: a version that the Qt of this program does not have. Also [fs.ErrInvalid].
	ErrVersion
	// ErrValue: a Go value that the Qt type does not have, or one of Qt that the Go type
	// does not have. Also [fs.ErrInvalid].
	ErrValue
	// ErrEnd: the message ends within a value. Also [io.ErrUnexpectedEOF].
	ErrEnd
	// ErrLength: a length beyond the end of the message. Also [io.ErrUnexpectedEOF].
	ErrLength
	// ErrCorrupt: bytes that Qt finds corrupt. Also [fs.ErrInvalid].
	ErrCorrupt
	// ErrVariant: a QVariant of a type that is not read: one of the program's own, of
	// QtGui but for pictures, or no type at all. Also [fs.ErrInvalid].
	ErrVariant
	// ErrDepth: more than 200 containers within each other. Also [fs.ErrInvalid].
	ErrDepth
	// ErrTrailing: there are bytes after the last value. Also [fs.ErrInvalid].
	ErrTrailing
	// ErrUnavailable: this program was built without Qt. Also [errors.ErrUnsupported].
	ErrUnavailable
	// ErrQt: Qt has failed otherwise: no memory, as a rule.
	ErrQt
)

var codes = [...]struct {
	text    string
	meaning error
}{
	ErrType:        {"no Qt type goes with this Go type", fs.ErrInvalid},
	ErrTag:         {"contradictory or not understood", fs.ErrInvalid},
	ErrVersion:     {"no such version", fs.ErrInvalid},
	ErrValue:       {"not a value of the type", fs.ErrInvalid},
	ErrEnd:         {"the message ends early", io.ErrUnexpectedEOF},
	ErrLength:      {"a length beyond the end", io.ErrUnexpectedEOF},
	ErrCorrupt:     {"corrupt", fs.ErrInvalid},
	ErrVariant:     {"a QVariant of a type that is not read", fs.ErrInvalid},
	ErrDepth:       {"too deep", fs.ErrInvalid},
	ErrTrailing:    {"bytes after the last value", fs.ErrInvalid},
	ErrUnavailable: {"built without Qt", errors.ErrUnsupported},
	ErrQt:          {"Qt has failed", nil},
}

func (c Code) Error() string {
	if c < 0 || int(c) >= len(codes) {
		return fmt.Sprintf("code %d", int(c))
	}
	return codes[c].text
}

// Is reports whether c means the same as the standard library's target.
func (c Code) Is(target error) bool {
	return c >= 0 && int(c) < len(codes) && codes[c].meaning != nil && target == codes[c].meaning
}

// Error is what is the matter with which value of a message.
type Error struct {
	Op       string // "marshal", "unmarshal"
	Code     Code
	Path     string // of the value in Go: "[0].Wheels[2]", with the argument first
	Offset   int    // of the value in the message, in bytes; -1 if it is in none
	Expected string // the Qt type that should be there, if any
	Around   []byte // the bytes of the message from 8 before Offset to 16 after, at most
	Msg      string // the cause, and a remedy
	Guess    string // what would fit: another byte order, version or precision; or empty
	Err      error  // the error underneath, if any
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("datastream: " + e.Op)
	if e.Path != "" {
		b.WriteString(" " + e.Path)
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " at byte %d", e.Offset)
	}
	b.WriteString(": " + e.Code.Error())
	if e.Expected != "" {
		fmt.Fprintf(&b, ": expected a %s", e.Expected)
	}
	if e.Msg != "" {
		b.WriteString(": " + e.Msg)
	}
	if len(e.Around) > 0 {
		fmt.Fprintf(&b, "; the bytes there: %s", e.around())
	}
	if e.Guess != "" {
		b.WriteString("; " + e.Guess)
	}
	return b.String()
}

// around has a bar where the value begins.
func (e *Error) around() string {
	before := min(e.Offset, aroundBefore, len(e.Around))
	return strings.TrimSpace(fmt.Sprintf("% x | % x", e.Around[:before], e.Around[before:]))
}

const (
	aroundBefore = 8
	aroundAfter  = 16
)

// Is makes errors.Is(err, code) true for e's Code and for the error of the standard
// library that means the same.
func (e *Error) Is(target error) bool { return target == e.Code || e.Code.Is(target) }

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.Err }

const (
	opMarshal   = "marshal"
	opUnmarshal = "unmarshal"
)

func unavailable(op string) *Error {
	return &Error{Op: op, Code: ErrUnavailable, Offset: -1, Err: native.ErrUnavailable,
		Msg: "build with CGO_ENABLED=1 on Linux or Windows, with the development files of Qt 6 (or of Qt 5.15 and -tags qt5)"}
}

func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Offset: -1, Msg: fmt.Sprintf(format, args...)}
}

// in is e of a value within the part at path.
func (e *Error) in(path string) *Error {
	e.Path = path + e.Path
	return e
}

var streamCodes = map[native.StreamCode]Code{
	native.StreamPastEnd: ErrEnd, native.StreamCorrupt: ErrCorrupt, native.StreamUnknown: ErrVariant,
	native.StreamTooDeep: ErrDepth, native.StreamTooLong: ErrLength,
}

// qtError is an error of package native in the words of this package.
func qtError(op string, err error) *Error {
	if errors.Is(err, native.ErrUnavailable) {
		return unavailable(op)
	}
	if s, ok := errors.AsType[*native.StreamError](err); ok {
		return &Error{Op: op, Code: streamCodes[s.Code], Offset: s.At, Expected: s.Expected, Msg: s.Text, Err: err}
	}
	e := &Error{Op: op, Code: ErrQt, Offset: -1, Msg: err.Error(), Err: err}
	if q, ok := errors.AsType[*native.Error](err); ok && q.Code == native.Exception && q.Text != "" {
		e.Msg = q.Text
	}
	return e
}
