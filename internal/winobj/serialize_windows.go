package winobj

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/windows"

	"qtinterop/internal/ipc"
)

// turnStep is how often who waits for a turn looks at its context.
const turnStep = 50 * time.Millisecond

// Serialize makes Recover calls of one key in all processes take turns: two could
// set the same lock free, the second after somebody has taken it. Windows ends the
// turn of a process that dies. A turn belongs to a thread: the goroutine that
// began it must end it, and is bound to that thread until then.
func (System) Serialize(ctx context.Context, p ipc.Place, limit time.Duration) (end func(), err error) {
	sum := sha1.Sum([]byte(p.Segment))
	name, err := windows.UTF16PtrFromString("qtinterop_recover_" + hex.EncodeToString(sum[:]))
	if err != nil {
		return nil, turnError(err)
	}
	mutex, err := windows.CreateMutex(nil, false, name)
	if err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		return nil, turnError(err)
	}
	runtime.LockOSThread()
	if err := waitForMutex(ctx, mutex, limit); err != nil {
		runtime.UnlockOSThread()
		_ = windows.CloseHandle(mutex)
		return nil, turnError(err)
	}
	return func() {
		_ = windows.ReleaseMutex(mutex)
		runtime.UnlockOSThread()
		_ = windows.CloseHandle(mutex)
	}, nil
}

func waitForMutex(ctx context.Context, mutex windows.Handle, limit time.Duration) error {
	for deadline := time.Now().Add(limit); ; {
		event, err := windows.WaitForSingleObject(mutex, uint32(turnStep/time.Millisecond))
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

func turnError(err error) error {
	return &ipc.Error{Code: ipc.Busy, Err: err, Text: fmt.Sprintf("waiting for the turn of this Recover: %v; try again", err)}
}
