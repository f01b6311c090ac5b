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

// StreamMap is how long Qt takes to write or to read a QMap<QString, double> rounds times.
func StreamMap(rounds, entries int, read bool) (time.Duration, error) {
	r := C.qtb_loop_stream(C.int64_t(rounds), C.int32_t(entries), flag(read))
	if r.error != 0 {
		return 0, errors.New(text(r))
	}
	return time.Duration(r.value), nil
}
