package picture

import (
	"fmt"
	"io"
	"io/fs"
)

// Code is the kind of an [Error], and itself an error to compare with by errors.Is.
type Code int

// The kinds of errors.
const (
	// ErrFormat: a Format that is not known here. Also [fs.ErrInvalid].
	ErrFormat Code = iota
	// ErrShape: a width, height, bytes per line or palette that cannot be. Also [fs.ErrInvalid].
	ErrShape
	// ErrEnd: the bytes end within the picture. Also [io.ErrUnexpectedEOF].
	ErrEnd
	// ErrCorrupt: bytes that are no PNG, or a broken one. Also [fs.ErrInvalid].
	ErrCorrupt
	// ErrTooLarge: a picture of more than [MaxBytes], or of more than can be in as many
	// compressed bytes as it has. Also [fs.ErrInvalid].
	ErrTooLarge
	// ErrImage: an image.Image that cannot be written. Also [fs.ErrInvalid].
	ErrImage
)

var codes = [...]struct {
	text    string
	meaning error
}{
	ErrFormat:   {"no known format", fs.ErrInvalid},
	ErrShape:    {"no possible shape", fs.ErrInvalid},
	ErrEnd:      {"the picture ends early", io.ErrUnexpectedEOF},
	ErrCorrupt:  {"corrupt", fs.ErrInvalid},
	ErrTooLarge: {"too large", fs.ErrInvalid},
	ErrImage:    {"cannot be written", fs.ErrInvalid},
}

func (c Code) Error() string {
	if c < 0 || int(c) >= len(codes) {
		return fmt.Sprintf("code %d", int(c))
	}
	return codes[c].text
}

// Is reports whether c means the same as the standard library's target.
func (c Code) Is(target error) bool {
	return c >= 0 && int(c) < len(codes) && target == codes[c].meaning
}

// Error is what is the matter with a picture.
type Error struct {
	Op     string // "frame", "decode", "encode"
	Code   Code
	Offset int    // in the bytes, of what is wrong there; -1 if it is not about bytes
	Msg    string // the cause, and a remedy
	Err    error  // the error underneath, if any
}

func (e *Error) Error() string {
	text := "picture: " + e.Op
	if e.Offset >= 0 {
		text += fmt.Sprintf(" at byte %d", e.Offset)
	}
	return text + ": " + e.Code.Error() + ": " + e.Msg
}

// Is makes errors.Is(err, code) true for e's Code and for the error of the standard
// library that means the same.
func (e *Error) Is(target error) bool { return target == e.Code || e.Code.Is(target) }

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.Err }

const (
	opFrame  = "frame"
	opDecode = "decode"
	opEncode = "encode"
)

func fail(op string, code Code, offset int, format string, args ...any) *Error {
	return &Error{Op: op, Code: code, Offset: offset, Msg: fmt.Sprintf(format, args...)}
}
