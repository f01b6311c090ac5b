package qtbridge

import (
	"context"
	"time"

	"qtinterop/native"
)

const (
	// jamStep is between the two looks that tell a jammed lock: longer than any of
	// ours is taken and not counted yet.
	jamStep = 10 * time.Millisecond
	// glances is how often to look again because of a handle that may be somebody
	// else's look.
	glances = 5
)

// isAbandoned tells whether a lock is taken and nobody will ever give it back:
// only locks of this program have it open, and none of these holds it. Who took
// it is gone, as Windows keeps neither who that was nor undoes it. While another
// program has it open, nobody can tell whether that holds it.
func isAbandoned(file string) bool {
	if !seemsAbandoned(file) {
		return false
	}
	time.Sleep(jamStep)
	return seemsAbandoned(file)
}

func seemsAbandoned(file string) bool {
	for range glances {
		state, err := native.LookSemaphore(file)
		use := useOf(file)
		switch {
		case err != nil || state.Value > 0 || use.taken > 0:
			return false
		case state.Handles <= use.handles:
			return true
		}
		time.Sleep(settlingStep)
	}
	return false
}

// isHeldHere tells whether this program holds the lock with this name.
func isHeldHere(file string) bool { return useOf(file).taken > 0 }

// unjam gives back an abandoned lock, in the place of who is gone. It passes the
// gate for it, so that two goroutines do not do so one after the other.
func (l *lock) unjam(ctx context.Context, closing <-chan struct{}, _ string) error {
	if !isAbandoned(l.file) || l.gate.enter(ctx, closing) != nil {
		return nil // acquire says why
	}
	defer l.gate.leave()
	if isAbandoned(l.file) {
		setFree(l.file)
	}
	return nil
}

// setFree gives back a lock that another one took. It changes nothing where it is
// free by now.
func setFree(file string) {
	id, err := native.OpenSemaphore(file)
	if err != nil {
		return
	}
	defer func() { _ = native.CloseSemaphore(id) }()
	_ = native.Give(id)
}

// heldBy says who may hold a lock that these processes have open.
func heldBy(users []int) string {
	if len(users) == 0 {
		return "it is held, and Windows does not tell by whom"
	}
	return "one of these has it, or one that is gone: " + processList(users)
}
