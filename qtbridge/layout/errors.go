package layout

import (
	"fmt"
	"io/fs"
	"strings"
)

// Code is the kind of an [Error], and itself an error to compare with by errors.Is.
type Code int

// The kinds of errors.
const (
	// ErrTag: a tag, or the text of a layout, that cannot be understood or contradicts
	// itself, the Go type or the ABI. Also [fs.ErrInvalid].
	ErrTag Code = iota
	// ErrType: a Go type that no C type goes with. Also [fs.ErrInvalid].
	ErrType
	// ErrSize: the data is shorter than the layout. Also [fs.ErrInvalid].
	ErrSize
	// ErrValue: a value that the field does not have: a number or text too large for
	// it, a bool that is neither 0 nor 1, text that is none in its encoding. Also
	// [fs.ErrInvalid].
	ErrValue
	// ErrSum: the checksum in the data is not that of the data. Also [fs.ErrInvalid].
	ErrSum
	// ErrView: the Go struct does not lie in memory as the C struct does, so that there
	// is no View of it. Also [fs.ErrInvalid].
	ErrView
)

var codeTexts = [...]string{
	ErrTag:   "contradictory or not understood",
	ErrType:  "no C type goes with this Go type",
	ErrSize:  "the data is too short",
	ErrValue: "not a value of the field",
	ErrSum:   "wrong checksum",
	ErrView:  "cannot be viewed in place",
}

func (c Code) Error() string {
	if c < 0 || int(c) >= len(codeTexts) {
		return fmt.Sprintf("code %d", int(c))
	}
	return codeTexts[c]
}

// Is reports whether target is the error of the standard library that means the same.
func (c Code) Is(target error) bool { return target == fs.ErrInvalid }

// Error is what is the matter with which field.
type Error struct {
	Op     string // "layout", "parse", "decode", "encode", "view"
	Code   Code
	Field  string // its path in Go: "Wheels[2].Speed"; empty for the whole
	Offset int    // of the field in the data, or in the text for "parse"; in bytes
	Msg    string // the cause, and a remedy
	Err    error  // the error underneath, if any: that of an encoding
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("layout: " + e.Op)
	if e.Field != "" {
		b.WriteString(" " + e.Field)
	}
	if e.Op != opLayout {
		fmt.Fprintf(&b, " at byte %d", e.Offset)
	}
	b.WriteString(": " + e.Code.Error())
	if e.Msg != "" {
		b.WriteString(": " + e.Msg)
	}
	return b.String()
}

// Is makes errors.Is(err, code) true for e's Code, and for [fs.ErrInvalid].
func (e *Error) Is(target error) bool { return target == e.Code || e.Code.Is(target) }

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.Err }

// The values of Error.Op.
const (
	opLayout = "layout"
	opParse  = "parse"
	opDecode = "decode"
	opEncode = "encode"
	opView   = "view"
)

// within is e of a field of a part that is called name and begins at byte offset.
func (e *Error) within(name string, offset int) *Error {
	switch {
	case e.Field == "":
		e.Field = name
	case e.Field[0] == '[':
		e.Field = name + e.Field
	case name != "":
		e.Field = name + "." + e.Field
	}
	e.Offset += offset
	return e
}

func tagError(name, format string, args ...any) *Error {
	return &Error{Op: opLayout, Code: ErrTag, Field: name, Msg: fmt.Sprintf(format, args...)}
}

func typeError(name, format string, args ...any) *Error {
	return &Error{Op: opLayout, Code: ErrType, Field: name, Msg: fmt.Sprintf(format, args...)}
}

// valueError is about a value at byte offset of the part that is looked at.
func valueError(op, name string, offset int, format string, args ...any) *Error {
	return &Error{Op: op, Code: ErrValue, Field: name, Offset: offset, Msg: fmt.Sprintf(format, args...)}
}
