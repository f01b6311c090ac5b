package qtbridge

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"time"
)

// takeTurn makes Recover calls in all processes take turns where their key files
// lie: two could set the same jammed lock free, the second after somebody has
// taken it. The kernel ends the turn of a process that dies.
func takeTurn(ctx context.Context, key Key, p place) (end func(), err error) {
	dir := filepath.Dir(p.segment)
	fd, err := syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, turnError(key, dir, err)
	}
	for deadline := time.Now().Add(recoverTurn); ; time.Sleep(settlingStep) {
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
	return nil, turnError(key, dir, err)
}

func turnError(key Key, dir string, err error) error {
	code := ErrBusy
	if errors.Is(err, syscall.EACCES) {
		code = ErrPermission
	}
	e := recoverError(key, code, "flock of directory %s, by which programs that recover take turns: %v; try again", dir, err)
	e.Err = err
	return e
}
