package qtbridge

import (
	"context"
	"time"

	"qtinterop/native"
)

// isAbandoned tells whether a lock is taken and nobody will ever give it back:
// only locks of this program have it open, and none of these holds it. Who took
// it is gone, as Windows keeps neither who that was nor undoes it. While another
// program has it open, nobody can tell whether that holds it. The second look is
// for a lock that is taken for a moment, past the gate.
func isAbandoned(file string, isOurs func() bool) bool {
	for range 2 {
		state, err := native.LookSemaphore(file)
		if err != nil || state.Value > 0 || state.Handles > countedHandles(file) || isOurs() {
			return false
		}
		time.Sleep(settlingStep)
	}
	return true
}

// isHeldHere tells whether a goroutine of this program holds the lock with this
// name, or is about to.
func isHeldHere(file string) bool {
	gates.Lock()
	defer gates.Unlock()
	g := gates.of[file]
	return g != nil && g.taken.Load()
}

// unjam gives back an abandoned lock, in the place of who is gone.
func (l *lock) unjam(ctx context.Context, closing <-chan struct{}, _ string) error {
	if !isAbandoned(l.file, func() bool { return isHeldHere(l.file) }) {
		return nil
	}
	if l.gate.enter(ctx, closing) != nil {
		return nil // acquire says why
	}
	defer l.gate.leave()
	// With the gate, it is nobody of ours who holds it.
	if isAbandoned(l.file, func() bool { return false }) {
		setFree(l.file)
	}
	return nil
}

// setFree gives back a lock that another one took. It changes nothing where it is
// free by now.
func setFree(file string) bool {
	id, err := native.OpenSemaphore(file)
	if err != nil {
		return false
	}
	defer func() { _ = native.CloseSemaphore(id) }()
	return native.Give(id) == nil
}
