package qtbridge

import (
	"qtinterop/internal/door"
	"qtinterop/native"
)

// handleState is what a semaphore needs that is known by a handle: nobody may
// use it any more when it is closed. The id is the handle.
type handleState struct{ open door.Door }

// look returns the handle of the semaphore, which it opens if there is one. It
// stays open, and the semaphore in being, until end.
func (s *kernelSemaphore) look() (int, error) {
	if id := s.id.Load(); id != 0 {
		return int(id - 1), nil
	}
	id, err := native.OpenSemaphore(s.file)
	if err == nil && !s.id.CompareAndSwap(0, int64(id)+1) {
		_ = native.CloseSemaphore(id) // another goroutine was faster
		id = int(s.id.Load() - 1)
	}
	return id, err
}

// lookAgain does nothing: as long as a handle is open, its name leads there.
func (s *kernelSemaphore) lookAgain() {}

// give gives back the 1 that this process took. It may come after end, from a
// goroutine that was about to unlock: then a handle is opened for it. If the
// semaphore is gone by then, so is the lock.
func (s *kernelSemaphore) give() error {
	if s.open.Enter() {
		defer s.open.Leave()
		return native.Give(int(s.id.Load() - 1))
	}
	id, err := native.OpenSemaphore(s.file)
	if err != nil {
		return nil
	}
	defer func() { _ = native.CloseSemaphore(id) }()
	return native.Give(id)
}

// end closes the handle. The last one to do so removes the semaphore.
func (s *kernelSemaphore) end() {
	s.open.Shut(func() {
		if id := s.id.Load(); id != 0 {
			_ = native.CloseSemaphore(int(id - 1))
		}
	})
}

// holder says who seems to hold the semaphore, which Windows does not tell.
func (s *kernelSemaphore) holder() string {
	state, err := native.LookSemaphore(s.file)
	if err != nil || state.Value > 0 {
		return "it was held until just now"
	}
	return "Windows does not tell by whom; wait longer, or end all programs that use it if one crashed while it held the lock"
}

// dispose lets go of a semaphore that Qt made for us. That only closes its
// handle.
func (s *kernelSemaphore) dispose(bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own != nil {
		s.own.Close()
		s.own = nil
	}
}
