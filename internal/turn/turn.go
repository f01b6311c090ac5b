//go:build linux

package turn

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"qtinterop/internal/ipc"
)

// Wait waits for the turn in directory dir, and end ends it: two could set the same
// jammed lock free, the second after somebody has taken it. The kernel ends the turn
// of a process that dies. It is an [ipc.Busy] if that takes longer than limit, or ctx
// ends.
func Wait(ctx context.Context, dir string, limit time.Duration) (end func(), err error) {
	fd, err := syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, turnError(dir, err)
	}
	for deadline := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = syscall.Close(fd) }, nil
		}
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(deadline) || ctx.Err() != nil {
			break
		}
	}
	_ = syscall.Close(fd)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return nil, turnError(dir, err)
}

func turnError(dir string, err error) error {
	code := ipc.Busy
	if errors.Is(err, syscall.EACCES) {
		code = ipc.Permission
	}
	return &ipc.Error{Code: code, Err: err,
		Text: fmt.Sprintf("flock of directory %s, by which programs that recover take turns: %v; try again", dir, err)}
}
