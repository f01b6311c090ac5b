//go:build linux

package sysv

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"qtinterop/internal/ipc"
)

// semaphore is one that exists, or did. Ids are not reused soon, and need not be
// given back.
type semaphore struct {
	id  int
	key int32
}

// Lock finds the semaphore of a lock.
func (s System) Lock(p ipc.Place) (ipc.Lock, error) {
	found, err := findSemaphore(p.Lock)
	if err != nil {
		return nil, explain(err, p)
	}
	return &found, nil
}

func (s *semaphore) ID() int { return s.id }

func (s *semaphore) Key() int32 { return s.key }

// Take takes n, 1 to 32767; for 1 that is what QSystemSemaphore::acquire() does,
// and as there, the kernel gives it back if this process dies.
func (s *semaphore) Take(n int, limit time.Duration) error {
	var err error
	if limit > 0 {
		err = takeWithin(s.id, n, limit)
	} else {
		err = take(s.id, n)
	}
	if err != nil {
		return meaning(err)
	}
	return nil
}

func (s *semaphore) Give() error {
	if err := give(s.id); err != nil {
		if err == syscall.ERANGE {
			return ipc.ErrLost
		}
		return meaning(err)
	}
	return nil
}

func (s *semaphore) Add(n int) error {
	if err := add(s.id, n); err != nil {
		if err == syscall.ERANGE {
			return ipc.ErrFull
		}
		return meaning(err)
	}
	return nil
}

func (s *semaphore) Remove() { _ = remove(s.id) }

// Track has nothing to do: the kernel knows who took a semaphore.
func (s *semaphore) Track() {}

// Close has nothing to do: an id is not open.
func (s *semaphore) Close() {}

// meaning is what an errno of semop(2) means, if it says more than that it
// failed. A signal ends a wait early.
func meaning(err error) error {
	switch err {
	case syscall.EAGAIN, syscall.EINTR:
		return ipc.ErrTaken
	case syscall.EINVAL, syscall.EIDRM:
		return ipc.ErrGone
	case syscall.EACCES:
		return semopError(ipc.Permission, err)
	case syscall.ENOSPC, syscall.ENOMEM, syscall.ERANGE:
		return semopError(ipc.Resources, err)
	}
	return semopError(ipc.Unknown, err)
}

func semopError(code ipc.Code, err error) error {
	return &ipc.Error{Code: code, Text: "semop: " + err.Error(), Err: err}
}

// IsJammed tells whether the lock is taken and its taker gone. The second look is
// for a taker that ended during the first: the kernel gave the lock back since.
func (s System) IsJammed(p ipc.Place) bool {
	seen, err := lookSemaphore(p.Lock)
	if err != nil || seen.Value > 0 || !seen.IsForsaken() {
		return false
	}
	now, err := lookSemaphore(p.Lock)
	return err == nil && now == seen
}

// HoldsLock tells whether the lock is taken, last by this program.
func (System) HoldsLock(p ipc.Place) bool {
	state, err := lookSemaphore(p.Lock)
	return err == nil && state.Value == 0 && state.Last == os.Getpid()
}

// Holder says who seems to hold the lock, which costs one look.
func (System) Holder(p ipc.Place, _ bool) string {
	state, err := lookSemaphore(p.Lock)
	if err != nil || state.Value > 0 {
		return ipc.HeldUntilNow
	}
	switch {
	case state.IsForsaken():
		return fmt.Sprintf("it was last taken by process %d, which is gone", state.Last)
	case state.Last == 0:
		return "it was last taken by a process of another pid namespace; wait longer, or if you know that it is gone, use Recover with Policy.AssumeGone"
	}
	return fmt.Sprintf("it was last taken by process %d; wait longer, or see what that process does", state.Last)
}
