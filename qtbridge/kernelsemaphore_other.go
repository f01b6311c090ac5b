//go:build !windows

package qtbridge

import (
	"fmt"
	"sync"
	"time"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// handleState is what a semaphore needs that is known by its id: nothing.
type handleState struct{}

// look returns the id of the semaphore, if there is one or was at the last look.
func (s *kernelSemaphore) look() (int, error) {
	if id := s.id.Load(); id != 0 {
		return int(id - 1), nil
	}
	state, err := native.LookSemaphore(s.file)
	if err == nil {
		s.id.Store(int64(state.ID) + 1)
	}
	return state.ID, err
}

// lookAgain has the next look look again.
func (s *kernelSemaphore) lookAgain() { s.id.Store(0) }

// takeOnce takes n, or fails when the time is over.
func (s *kernelSemaphore) takeOnce(id, n int, timeout time.Duration) error {
	return native.Take(id, n, timeout)
}

// give gives back the 1 that this process took.
func (s *kernelSemaphore) give() error { return native.Give(int(s.id.Load() - 1)) }

// end is the end of s, after dispose. An id need not be given back.
func (s *kernelSemaphore) end() {}

// countHandles does nothing: an id is none.
func (handleState) countHandles() {}

func (s *kernelSemaphore) makeOnce(mode native.SemaphoreMode) error {
	if s.own != nil && mode == native.Create {
		return s.own.SetKey(s.key.name, s.initial, mode)
	}
	// With Open, Qt ignores a key that the object has already, so that looking
	// again takes a new one. The old one, whose semaphore another process has
	// removed, is kept for good: its destructor would remove the key file that
	// the new semaphore hangs on.
	if s.own != nil {
		keep(s.own)
	}
	own, err := native.NewSystemSemaphore(s.key.name, s.initial, mode)
	if err != nil {
		return err
	}
	s.own = own
	return own.Err()
}

// holder says who seems to hold the semaphore, which costs one look.
func (s *kernelSemaphore) holder(bool) string {
	state, err := native.LookSemaphore(s.file)
	if err != nil || state.Value > 0 {
		return "it was held until just now"
	}
	if !procfs.Alive(state.Last) {
		return fmt.Sprintf("it was last taken by process %d, which is gone", state.Last)
	}
	return fmt.Sprintf("it was last taken by process %d; wait longer, or see what that process does", state.Last)
}

// dispose lets go of a semaphore that Qt made for us: its destructor removes it.
// That must not happen while another process holds it, so unless guarded, which
// says that we hold it, it stays. So it does if there is another one by now: the
// destructor would remove the key file that it hangs on.
func (s *kernelSemaphore) dispose(guarded bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.own == nil:
	case guarded && int(s.id.Load()-1) == s.ownID:
		s.own.Close()
		s.removeLost()
	default:
		keep(s.own)
	}
	s.own = nil
}

// removeLost removes the semaphore that we hold if its key file is gone. Where
// one process made the file and another the semaphore, as can happen when both
// miss it at once, the destructor in the former removes the file alone. Those
// who know the semaphore would go on with it, and newcomers take another one.
func (s *kernelSemaphore) removeLost() {
	held := int(s.id.Load() - 1)
	if state, err := native.LookSemaphore(s.file); err != nil || state.ID != held {
		_ = native.RemoveSemaphore(held)
	}
}

// disown leaves the semaphore to whoever uses it.
func (s *kernelSemaphore) disown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own != nil {
		keep(s.own)
		s.own = nil
	}
}

// kept are semaphores that must outlive us: a destructor would remove them
// while another process holds them.
var kept struct {
	sync.Mutex
	semaphores []*native.SystemSemaphore
}

func keep(semaphore *native.SystemSemaphore) {
	kept.Lock()
	defer kept.Unlock()
	kept.semaphores = append(kept.semaphores, semaphore)
}
