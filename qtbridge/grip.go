//go:build !windows

package qtbridge

import (
	"errors"
	"os"
	"syscall"

	"qtinterop/native"
)

// grip is the lock of a key in the hand of Recover: taken, or jammed, which
// keeps others off as well.
type grip struct {
	key    Key
	file   string
	id     int
	jammed bool
	own    *native.SystemSemaphore // set if there was none and Qt made it for us
	gone   bool
}

// takeGrip takes the lock without waiting; if it is not to be had that is an
// ErrLocked. Where there is none, Qt makes one, which release removes again.
func takeGrip(s *State) (*grip, error) {
	g := &grip{key: s.Key, file: s.Lock.File.Path, id: s.Lock.ID, jammed: s.Lock.isJammed()}
	if g.jammed {
		return g, nil
	}
	if !s.Lock.Exists {
		if err := g.make(); err != nil {
			return nil, err
		}
	}
	err := native.Take(g.id, 1, 0)
	if err == nil {
		return g, nil
	}
	if g.own != nil {
		keep(g.own) // somebody was quicker to take it, and needs it
	}
	switch {
	case errors.Is(err, syscall.EACCES):
		return nil, ownerError(s, s.Lock.Owner)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.ENOMEM):
		return nil, recoverError(s.Key, ErrResources, "semop: %v; see /proc/sys/kernel/sem", err)
	}
	return nil, recoverError(s.Key, ErrLocked, "the lock was taken or removed in this moment; try again")
}

func (g *grip) make() error {
	var err error
	if g.own, err = newSemaphore(g.key, 1, native.Open); err != nil {
		return err
	}
	state, err := native.LookSemaphore(g.file)
	g.id = state.ID
	if err != nil {
		keep(g.own)
		return recoverError(g.key, ErrLocked, "the lock came and went in this moment; try again")
	}
	return nil
}

// isTight tells whether the lock is still in our hand, and nobody waits for it.
func (g *grip) isTight() bool {
	state, err := native.LookSemaphore(g.file)
	if err != nil || state.ID != g.id || state.Value != 0 || state.Waiters > 0 {
		return false
	}
	if g.jammed {
		return isForsaken(state)
	}
	return state.Last == os.Getpid()
}

// remove has Qt's destructor remove the lock. It is not given back before: its
// owner is made with the value 0, so that nobody gets it in the last moment.
func (g *grip) remove() error {
	owner := g.own
	if owner == nil {
		var err error
		if owner, err = newSemaphore(g.key, 0, native.Create); err != nil {
			return err
		}
	}
	owner.Close()
	g.own, g.gone = nil, true
	return nil
}

// release gives the lock back, and removes one that was made for us if nobody
// has come to need it.
func (g *grip) release() {
	if g.gone {
		return
	}
	if g.own != nil && g.isTight() {
		_ = g.remove()
		return
	}
	if !g.jammed {
		_ = native.Give(g.id)
	}
	if g.own != nil {
		keep(g.own)
	}
}
