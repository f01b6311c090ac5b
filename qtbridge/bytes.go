package qtbridge

import (
	"bytes"
	"context"
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
