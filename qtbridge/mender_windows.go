package qtbridge

import (
	"errors"
	"syscall"
	"time"

	"qtinterop/native"
)

// breakPatience is how long a lock must stay held to be broken.
const breakPatience = time.Second

// act sets the lock free. It never looks again: who waited has the lock by then,
// and that one is not to be broken.
func (m *mender) act(state *State, _ []Action) (again bool, err error) {
	id, err := native.OpenSemaphore(m.place.lock)
	if err != nil {
		return false, nil // gone, with who had it open
	}
	defer func() { _ = native.CloseSemaphore(id) }()
	patience := breakPatience
	if state.Verdict == Jammed {
		patience = 0
	}
	switch err := native.Take(id, 1, patience); {
	case err == nil:
		return false, native.Give(id) // somebody gave it back
	case !errors.Is(err, syscall.EAGAIN):
		return false, recoverError(m.key, ErrUnknown, "waiting for the lock: %v; try again", err)
	}
	if native.Give(id) == nil {
		m.did(ResetLock)
	}
	return false, nil
}
