//go:build cgo && linux

package program

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// AwaitSegment waits until there is a segment that the program has made and somebody is
// attached to.
func (p *Program) AwaitSegment(ctx context.Context, limit time.Duration, key qtbridge.Key) (state qtbridge.State, err error) {
	err = p.Await(ctx, limit, fmt.Sprintf("there is a segment of %v, and somebody is attached", key), func() (bool, error) {
		state, err = qtbridge.Inspect(key)
		return err == nil && state.Segment.Exists && state.Segment.Attached > 0, err
	})
	if err == nil && !key.IsPosix() && !p.Is(state.Segment.Creator) {
		err = fmt.Errorf("%w: %d", errForeign, state.Segment.Creator.PID)
	}
	return state, err
}

// calm is how long a program may take to react to what was done last. Before, nobody should
// attach: a program that makes its segment anew for each message cannot do so meanwhile.
const calm = 50 * time.Millisecond

// AwaitContent waits until the content is as it should be, and returns it, or else what it
// was last. It is attached for a look at each change alone, as a Watch is.
func (p *Program) AwaitContent(ctx context.Context, limit time.Duration, key qtbridge.Key, what string, matches func([]byte) bool) (last []byte, err error) {
	watching, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	time.Sleep(calm)
	go func() {
		select {
		case <-p.ended:
			time.Sleep(calm) // for a last look
			cancel()
		case <-watching.Done():
		}
	}()
	var failed error
	for message, err := range qtbridge.Watch(watching, key, qtbridge.WatchOptions{Poll: 2 * calm}) {
		if failed = err; err != nil || message.Cause == qtbridge.Removed {
			continue
		}
		if last = message.Data; matches(last) {
			return last, nil
		}
	}
	return last, errors.Join(p.missed(ctx, limit, what), failed)
}

// HasLocked tells whether the program was the last to take, give or reset the lock.
func (p *Program) HasLocked(key qtbridge.Key) (bool, error) {
	state, err := qtbridge.Inspect(key)
	return err == nil && state.Lock.Exists && p.Is(state.Lock.Last), err
}

// HasAttached tells whether the program was the last to attach to, detach from or lock the
// segment.
func (p *Program) HasAttached(key qtbridge.Key) (bool, error) {
	state, err := qtbridge.Inspect(key)
	return err == nil && (p.Is(state.Segment.Last) || state.Lock.Exists && p.Is(state.Lock.Last)), err
}

// KillInLock kills the program while it holds the lock. So that it does not take luck, the
// program is made to wait for the lock, and stopped when it has got it.
func (p *Program) KillInLock(ctx context.Context, limit time.Duration, key qtbridge.Key) error {
	var locker int
	err := p.Await(ctx, limit, "it takes the lock", func() (bool, error) {
		state, err := qtbridge.Inspect(key)
		locker = state.Lock.Last.PID
		return err == nil && p.Is(state.Lock.Last), err
	})
	if err != nil {
		return fmt.Errorf("%w; %w", err, errNotHeld)
	}
	for deadline := time.Now().Add(limit); ctx.Err() == nil && time.Now().Before(deadline) && p.State() == nil; {
		p.queue(ctx, key)
		if stopInLock(locker, key) {
			p.Kill()
			return nil
		}
		_ = syscall.Kill(locker, syscall.SIGCONT)
		time.Sleep(time.Millisecond)
	}
	return errNotHeld
}

// queue has the lock for as long as the program does not wait for it, a tenth of a second
// at most, and gives it back.
func (p *Program) queue(ctx context.Context, key qtbridge.Key) {
	segment, err := qtbridge.Attach(ctx, key, qtbridge.ReadWrite)
	if err != nil {
		return // it may just be made anew, or ours to take soon
	}
	defer func() { _ = segment.Close() }()
	if segment.TryLock() != nil {
		return
	}
	for deadline := time.Now().Add(100 * time.Millisecond); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if state, err := qtbridge.Inspect(key); err != nil || state.Lock.Waiters > 0 {
			break
		}
	}
	_ = segment.Unlock()
}

// stopInLock stops a process, and tells whether it has the lock then.
func stopInLock(pid int, key qtbridge.Key) bool {
	if syscall.Kill(pid, syscall.SIGSTOP) != nil {
		return false
	}
	for deadline := time.Now().Add(time.Second); !procfs.IsStopped(pid) && time.Now().Before(deadline); {
		time.Sleep(100 * time.Microsecond)
	}
	state, err := qtbridge.Inspect(key)
	return err == nil && state.Lock.Exists && state.Lock.Value == 0 && state.Lock.Last.PID == pid
}

// Remove removes what a program that has ended has left of a key.
func Remove(ctx context.Context, key qtbridge.Key) error {
	_, err := qtbridge.Recover(ctx, key, qtbridge.Policy{})
	// The lock, which we may have used last, goes with who owns it: who makes a segment.
	if state, failed := qtbridge.Inspect(key); failed == nil && !state.Segment.Exists && state.Lock.Exists {
		if segment, failed := qtbridge.Create(ctx, key, 1, qtbridge.ReadWrite); failed == nil {
			_ = segment.Close()
		}
	}
	return err
}

// settled is how long qtbridge may take to remove its private lock: with Qt 6.6 and
// later it keeps that for a moment after the last use, and the machine may be busy.
const settled = 3 * time.Second

// AwaitPrivateLock waits until this process has no private lock in a directory.
func AwaitPrivateLock(dir string) {
	for deadline := time.Now().Add(settled); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if files, _ := filepath.Glob(dir + "/qipc_systemsem_qtinteropPrivateLock*"); len(files) == 0 {
			return
		}
	}
}
