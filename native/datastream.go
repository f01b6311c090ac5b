//go:build cgo && (linux || windows)

package native

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// MaxStreamVersion is the newest QDataStream::Version of the Qt loaded, 0 if there is none.
func MaxStreamVersion() int { return maxStreamVersion() }

var maxStreamVersion = sync.OnceValue(func() int {
	if mixed() != nil {
		return 0
	}
	return int(C.qtb_stream_max_version())
})

func streamFlags(little, single bool) (flags C.int32_t) {
	if little {
		flags |= C.QTB_STREAM_LITTLE
	}
	if single {
		flags |= C.QTB_STREAM_SINGLE
	}
	return flags
}

// WriteStream writes values by QDataStream::operator<<, one after the other: little is
// setByteOrder(LittleEndian), single setFloatingPointPrecision(SinglePrecision). The message
// is in room if that has the capacity.
func WriteStream(values, room []byte, version int, little, single bool) ([]byte, error) {
	if err := mixed(); err != nil {
		return nil, err
	}
	p, n := byteChars(values)
	to, space := byteChars(room[:cap(room)])
	r := C.qtb_stream_write(p, n, to, space, C.int32_t(version), streamFlags(little, single))
	if r.value == 0 {
		return nil, answer("QDataStream::operator<<", nil, r, nil)
	}
	return takeBytes(r, room), nil
}

// ReadStream reads what types say from the start of data by QDataStream::operator>>, and
// tells how many bytes of data that were. What is wrong with data is a *StreamError. The
// values are in room if that has the capacity.
func ReadStream(types, data, room []byte, version int, little, single bool) (values []byte, size int, err error) {
	if err := mixed(); err != nil {
		return nil, 0, err
	}
	t, tn := byteChars(types)
	d, dn := byteChars(data)
	to, space := byteChars(room[:cap(room)])
	r := C.qtb_stream_read(t, tn, d, dn, to, space, C.int32_t(version), streamFlags(little, single))
	switch code := int(r.error); {
	case code == 0:
		return takeBytes(r, room), int(r.value), nil
	case code <= int(StreamPastEnd):
		return nil, 0, streamError(StreamCode(code), int(r.value), text(r))
	}
	r.value = 0
	return nil, 0, answer("QDataStream::operator>>", nil, r, nil)
}

func byteChars(b []byte) (*C.char, C.size_t) {
	return chars(unsafe.String(unsafe.SliceData(b), len(b)))
}

func takeBytes(r C.qtb_result, room []byte) []byte {
	if r.text == nil {
		return room[:r.text_size]
	}
	defer C.free(unsafe.Pointer(r.text))
	return C.GoBytes(unsafe.Pointer(r.text), r.text_size)
}

func streamError(code StreamCode, at int, text string) *StreamError {
	e := &StreamError{Code: code, At: at}
	path, rest, _ := strings.Cut(text, ";")
	e.Expected, e.Text, _ = strings.Cut(rest, ";")
	for n := range strings.SplitSeq(path, "/") {
		if i, err := strconv.Atoi(n); err == nil {
			e.Path = append(e.Path, i)
		}
	}
	if e.Expected == "" {
		e.Text = fmt.Sprintf("%s (no memory to say more)", text)
	}
	return e
}
