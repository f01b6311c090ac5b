package native

import "fmt"

// StreamCode is what is wrong with a message of a QDataStream.
type StreamCode int32

// The numbers are those of shim.h.
const (
	StreamPastEnd StreamCode = -10 // the data ends within a value
	StreamCorrupt StreamCode = -11 // Qt's status is ReadCorruptData
	StreamUnknown StreamCode = -12 // a QVariant of a type that is not read
	StreamTooDeep StreamCode = -13 // too many containers within each other
	StreamTooLong StreamCode = -14 // a length beyond what there is
)

// StreamError is about a value that cannot be read from a message.
type StreamError struct {
	Code     StreamCode
	At       int    // where the value begins, in bytes
	Path     []int  // of the elements that lead to it, from 0
	Expected string // its type in Qt
	Text     string
}

func (e *StreamError) Error() string {
	return fmt.Sprintf("QDataStream::operator>>: at byte %d, where a %s should be: %s", e.At, e.Expected, e.Text)
}
