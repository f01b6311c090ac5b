package qtbridge

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sys/windows"
)

// takeTurn makes Recover calls of one key in all processes take turns: two could
// set the same lock free, the second after somebody has taken it. Windows ends
// the turn of a process that dies. A turn belongs to a thread.
func takeTurn(ctx context.Context, key Key, p place) (end func(), err error) {
	sum := sha1.Sum([]byte(p.segment))
	name, err := windows.UTF16PtrFromString("qtinterop_recover_" + hex.EncodeToString(sum[:]))
	if err != nil {
		return nil, turnError(key, err)
	}
	mutex, err := windows.CreateMutex(nil, false, name)
	if err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		return nil, turnError(key, err)
	}
	runtime.LockOSThread()
	if err := waitForMutex(ctx, mutex); err != nil {
		runtime.UnlockOSThread()
		_ = windows.CloseHandle(mutex)
		return nil, turnError(key, err)
	}
	return func() {
		_ = windows.ReleaseMutex(mutex)
		runtime.UnlockOSThread()
		_ = windows.CloseHandle(mutex)
	}, nil
}

func waitForMutex(ctx context.Context, mutex windows.Handle) error {
	// Longer than others may take to break a lock.
	for deadline := time.Now().Add(recoverTurn + 2*breakPatience); ; {
		event, err := windows.WaitForSingleObject(mutex, uint32(patience/time.Millisecond))
		switch {
		case event == windows.WAIT_OBJECT_0, event == windows.WAIT_ABANDONED:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return err
		case time.Now().After(deadline):
			return errors.New("another Recover takes long")
		}
	}
}

func turnError(key Key, err error) error {
	e := recoverError(key, ErrBusy, "waiting for the turn of this Recover: %v; try again", err)
	e.Err = err
	return e
}
