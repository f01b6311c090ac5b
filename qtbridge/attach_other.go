//go:build !windows

package qtbridge

import (
	"context"
	"time"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// attachOnce looks first and has Qt attach only to what exists: a failed
// attach() of Qt leaves traces that harm the peer. Qt is given the native key
// that it derived itself, because with that it neither takes nor makes the
// semaphore, whose lock we take instead if it is to be had.
func attachOnce(ctx context.Context, key Key, p place, mode Mode, l *lock) (*memory, error) {
	seen, err := settled(ctx, key, p.segment)
	if err != nil {
		return nil, err
	}
	mem, err := newMemory("attach", key)
	if err != nil {
		return nil, err
	}
	guarded := l.tryBriefly(0)
	err = mem.attach("attach", key, p.segment, mode)
	if guarded {
		l.giveBriefly()
	}
	if err == nil && !guarded {
		err = stillThere(key, p.segment, seen)
	}
	if err != nil {
		mem.Close()
		return nil, err
	}
	return mem, nil
}

// settled waits until somebody is attached, but not for a creator that is gone
// and not for long.
func settled(ctx context.Context, key Key, path string) (native.SegmentState, error) {
	state, err := look("attach", key, path)
	for waited := time.Duration(0); err == nil && waited < settling; waited += settlingStep {
		if state.Attached > 0 || !procfs.Alive(state.Creator) {
			break
		}
		select {
		case <-ctx.Done():
			return state, &Error{Op: "attach", Key: key, Code: ErrBusy, Err: context.Cause(ctx),
				Msg: "nobody is attached to it yet, not even who created it; try again"}
		case <-time.After(settlingStep):
		}
		state, err = look("attach", key, path)
	}
	return state, err
}

// stillThere makes sure that the segment was not removed, by the last one to
// detach, between the look and the attach: the key would lead elsewhere, and
// what we hold would be nobody else's.
func stillThere(key Key, path string, seen native.SegmentState) error {
	state, err := look("attach", key, path)
	if err != nil {
		return err
	}
	if state.ID != seen.ID {
		return &Error{Op: "attach", Key: key, Code: ErrNotFound, Msg: "it was replaced meanwhile; attach again"}
	}
	return nil
}
