//go:build !windows

package qtbridge

import (
	"errors"

	"qtinterop/native"
)

// act does what the actions say. It tells whether to look again.
func (m *mender) act(state *State, actions []Action) (again bool, err error) {
	switch actions[0] {
	case ResetLock:
		return true, m.resetLock()
	case MakeLock:
		return true, m.makeLock(state.Segment.ID)
	}
	return true, m.remove(state, actions)
}

// resetLock sets a jammed lock free. The object that does it would remove the
// semaphore in the end, from under those who need it, and so is kept.
func (m *mender) resetLock() error {
	state, err := native.LookSemaphore(m.place.lock)
	if err != nil || state.Value != 0 || !isForsaken(state) {
		return nil // it has changed; look again
	}
	return m.keepLock(native.Create, ResetLock)
}

// makeLock makes a lock that is missing. Others are to go on using it, so the
// object that would remove it is kept.
func (m *mender) makeLock(segment int) error {
	if _, err := native.LookSemaphore(m.place.lock); err == nil {
		return nil // it has changed; look again
	}
	if state, err := native.LookSegment(m.place.segment); err != nil || state.ID != segment {
		return nil
	}
	return m.keepLock(native.Open, MakeLock)
}

func (m *mender) keepLock(mode native.SemaphoreMode, a Action) error {
	semaphore, err := newSemaphore(m.key, 1, mode)
	if err != nil {
		return err
	}
	keep(semaphore)
	m.did(a)
	return nil
}

// newSemaphore is QSystemSemaphore(key, value, mode).
func newSemaphore(key Key, value int, mode native.SemaphoreMode) (*native.SystemSemaphore, error) {
	semaphore, err := native.NewSystemSemaphore(key.name, value, mode)
	if err == nil {
		if err = semaphore.Err(); err == nil {
			return semaphore, nil
		}
		semaphore.Close()
	}
	return nil, qtError("recover", key, err)
}

// remove removes what the actions say, with the lock in hand if there is one,
// so that no other program is between two steps of its own.
func (m *mender) remove(state *State, actions []Action) error {
	var g *grip
	if !m.key.native {
		var err error
		if g, err = takeGrip(state); err != nil {
			return err
		}
		defer g.release()
	}
	for _, a := range actions {
		var done bool
		var err error
		switch a {
		case RemoveSegment:
			done, err = m.removeSegment()
		case RemoveKeyFile:
			done, err = m.removeKeyFile(g)
		case RemoveLock:
			done, err = m.removeLock(g)
		}
		if err != nil {
			return err
		}
		if done {
			m.did(a)
		}
	}
	return nil
}

// removeSegment removes an orphan as Qt's documentation has it: attach, and
// detach as the last one. If somebody attached meanwhile, it is theirs.
func (m *mender) removeSegment() (bool, error) {
	seen, err := native.LookSegment(m.place.segment)
	if err != nil || !isOrphan(seen) {
		return false, nil
	}
	err = m.detachAfter(func(mem *memory) error {
		return mem.attach("recover", m.key, m.place.segment, ReadOnly)
	})
	if now, lookErr := native.LookSegment(m.place.segment); lookErr == nil && now.ID == seen.ID {
		return false, err
	}
	return true, nil
}

// removeKeyFile removes a key file of Qt's: create, and detach as the last one.
func (m *mender) removeKeyFile(g *grip) (bool, error) {
	file, err := lookFile(m.place.segment)
	if err != nil || !file.Plain || !g.isTight() {
		return false, nil
	}
	err = m.detachAfter(func(mem *memory) error {
		return mem.create("recover", m.key, m.place.segment, 1, ReadWrite)
	})
	if err != nil {
		return false, err
	}
	file, _ = lookFile(m.place.segment)
	return !file.Exists, nil
}

// detachAfter has a fresh Qt object attach and detach. It must be given the
// native key, because with that it leaves the lock to us. That what it looks for
// came or went meanwhile is no error.
func (m *mender) detachAfter(attach func(*memory) error) error {
	mem, err := newMemory("recover", m.key)
	if err != nil {
		return err
	}
	defer mem.Close()
	if err = attach(mem); err == nil {
		if err = mem.Detach(); err != nil && !isUnexplained(err) {
			return qtError("recover", m.key, err)
		}
		return nil
	}
	if isPassing(err) || errors.Is(err, ErrExists) {
		return nil
	}
	return err
}

// removeLock removes the lock in hand, if there is no segment that needs it.
func (m *mender) removeLock(g *grip) (bool, error) {
	if _, err := native.LookSegment(m.place.segment); err == nil || !g.isTight() {
		return false, nil
	}
	return true, g.remove()
}
