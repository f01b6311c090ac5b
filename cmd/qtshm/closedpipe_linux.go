package main

import (
	"context"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// untilClosed returns a context that also ends when nobody reads w any more, if it is
// a pipe, or a terminal that was closed; the cause is io.ErrClosedPipe. A write would notice too, but the
// next change may be a long time off.
func untilClosed(ctx context.Context, w io.Writer) (context.Context, func()) {
	file, ok := w.(*os.File)
	if !ok {
		return ctx, func() {}
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket|os.ModeCharDevice) == 0 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	fd := int32(file.Fd())
	go func() {
		for ctx.Err() == nil {
			polled := []unix.PollFd{{Fd: fd}}
			if n, err := unix.Poll(polled, 200); n > 0 || err != nil && err != unix.EINTR {
				cancel(io.ErrClosedPipe)
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}
