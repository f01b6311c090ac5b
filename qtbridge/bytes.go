package qtbridge

import (
	"bytes"
	"context"
	"os"
	"runtime"
)

// copyStable copies data, which others may write to, until two reads agree, into
// buf if that is large enough. It gives up after so many tries, or when ctx ends.
func copyStable(ctx context.Context, buf, data []byte, tries int) (content []byte, ok bool) {
	for range tries {
		buf = append(buf[:0], data...)
		if bytes.Equal(buf, data) {
			return buf, true
		}
		if ctx.Err() != nil {
			break
		}
		runtime.Gosched()
	}
	return nil, false
}

// isZero tells whether there is nothing but zeros in data.
func isZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}

// roomFor returns buf, empty, if size bytes fit in, and else a new one whose memory is
// there: who copies into it while it holds a lock waits for nothing else.
func roomFor(size int, buf []byte) []byte {
	if size <= cap(buf) {
		return buf[:0]
	}
	buf = make([]byte, size)
	for at := 0; at < size; at += pageSize {
		buf[at] = 0
	}
	return buf[:0]
}

// mapIn has the system map all of data, for the same reason.
//
//go:noinline
func mapIn(data []byte) (sum byte) {
	for at := 0; at < len(data); at += pageSize {
		sum |= data[at]
	}
	return sum
}

var pageSize = os.Getpagesize()
