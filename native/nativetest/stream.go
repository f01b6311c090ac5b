//go:build cgo && (linux || windows)

package nativetest

// #include "nativetest.h"
import "C"

import (
	"errors"
	"time"
	"unsafe"
)

// StreamAgain has Qt's own operator>> read a QVariant from all of data, and operator<<
// write it again.
func StreamAgain(data []byte, version int, little bool) ([]byte, error) {
	p, n := chars(unsafe.String(unsafe.SliceData(data), len(data)))
	r := C.qtb_stream_again(p, n, C.int32_t(version), flag(little))
	if r.value == 0 {
		return nil, errors.New(text(r))
	}
	return []byte(text(r)), nil
}

// What LoopStream writes and reads.
const (
	StreamMessage  = iota // ten fields, the last of which is a text of size QChars
	StreamDoubles         // a QMap<QString, double> of size elements
	StreamVariants        // a QVariantMap of size elements, doubles and texts
)

// LoopStream is how long Qt takes to write or to read a message rounds times, and the message.
func LoopStream(rounds, what, size int, read bool) (time.Duration, []byte, error) {
	r := C.qtb_loop_stream(C.int64_t(rounds), C.int32_t(what), C.int32_t(size), flag(read))
	message := text(r)
	if r.error != 0 {
		return 0, nil, errors.New(message)
	}
	return time.Duration(r.value), []byte(message), nil
}
