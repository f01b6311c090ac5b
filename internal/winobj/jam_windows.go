package winobj

import (
	"time"

	"qtinterop/internal/ipc"
)

const (
	// jamStep is between the two looks that tell a jammed lock: longer than any of
	// ours is taken and not counted yet.
	jamStep = 10 * time.Millisecond
	// glances is how often to look again, and glanceStep how soon, because of a
	// handle that may be somebody else's look.
	glances    = 5
	glanceStep = time.Millisecond
)

// IsJammed tells whether a lock is taken and nobody will ever give it back: only
// locks of this program have it open, and none of these holds it. Who took it is
// gone, as Windows keeps neither who that was nor undoes it. While another program
// has it open, nobody can tell whether that holds it.
func (s System) IsJammed(p ipc.Place) bool {
	if !s.seemsJammed(p) {
		return false
	}
	time.Sleep(jamStep)
	return s.seemsJammed(p)
}

func (s System) seemsJammed(p ipc.Place) bool {
	for range glances {
		state, err := s.Semaphore(p)
		use := ours.get(p.Lock)
		switch {
		case err != nil || state.Value > 0 || use.taken > 0:
			return false
		case state.Handles <= use.handles:
			return true
		}
		time.Sleep(glanceStep)
	}
	return false
}

// HoldsLock tells whether a lock of this program holds it.
func (System) HoldsLock(p ipc.Place) bool { return ours.get(p.Lock).taken > 0 }
