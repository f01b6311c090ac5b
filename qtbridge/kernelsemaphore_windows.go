package qtbridge

import (
	"sync"
	"sync/atomic"
	"time"

	"qtinterop/internal/door"
	"qtinterop/native"
)

// handleState is what a semaphore needs that is known by a handle: nobody may
// use it any more when it is closed. The id is the handle.
type handleState struct {
	open    door.Door
	counted bool        // as that of a lock, see ourLocks
	kept    atomic.Bool // the handle stays open
}

// lockUse is what the locks of this program have of a semaphore.
type lockUse struct {
	handles int // that are open
	taken   int // and not given back
}

// ourLocks are the locks of this program, by the names of their semaphores.
var ourLocks = struct {
	sync.Mutex
	of map[string]lockUse
}{of: make(map[string]lockUse)}

// useOf returns what the locks of this program have of a semaphore.
func useOf(file string) lockUse {
	ourLocks.Lock()
	defer ourLocks.Unlock()
	return ourLocks.of[file]
}

// countHandles has this one, of a lock, counted.
func (s *handleState) countHandles() { s.counted = true }

func (s *kernelSemaphore) count(handles, taken int) {
	if !s.counted {
		return
	}
	ourLocks.Lock()
	defer ourLocks.Unlock()
	use := ourLocks.of[s.file]
	use.handles += handles
	use.taken += taken
	ourLocks.of[s.file] = use
	if use == (lockUse{}) {
		delete(ourLocks.of, s.file)
	}
}

// look returns the handle of the semaphore, which it opens if there is one. It
// stays open, and the semaphore in being, until end.
func (s *kernelSemaphore) look() (int, error) {
	if id := s.id.Load(); id != 0 {
		return int(id - 1), nil
	}
	id, err := native.OpenSemaphore(s.file)
	switch {
	case err != nil:
		return 0, err
	case !s.id.CompareAndSwap(0, int64(id)+1):
		_ = native.CloseSemaphore(id) // another goroutine was faster
		return int(s.id.Load() - 1), nil
	}
	s.count(1, 0)
	return id, nil
}

// makeOnce has Qt make the semaphore if there is none. It never resets one: nor
// does Qt on Windows. Qt's object is not needed beside our own handle, as nobody
// owns a semaphore there.
func (s *kernelSemaphore) makeOnce(mode native.SemaphoreMode) error {
	made, err := native.NewSystemSemaphore(s.key.name, s.initial, mode)
	if err != nil {
		return err
	}
	defer made.Close()
	if err := made.Err(); err != nil {
		return err
	}
	_, err = s.look()
	return err
}

// lookAgain does nothing: as long as a handle is open, its name leads there.
func (s *kernelSemaphore) lookAgain() {}

// takeOnce takes n, or fails when the time is over.
func (s *kernelSemaphore) takeOnce(id, n int, timeout time.Duration) error {
	err := native.Take(id, n, timeout)
	if err == nil {
		s.count(0, n)
	}
	return err
}

// give gives back the 1 that this process took. It may come after end, from a
// goroutine that was about to unlock: then a handle is opened for it. If the
// semaphore is gone by then, so is the lock.
func (s *kernelSemaphore) give() error {
	defer s.count(0, -1)
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
		id := s.id.Load()
		if id == 0 {
			return
		}
		if s.kept.Load() {
			return
		}
		s.count(-1, 0)
		_ = native.CloseSemaphore(int(id - 1))
	})
}

// holder says who seems to hold the semaphore. Windows tells only who has it open,
// in a table of all handles: too much to read for one who did not wait.
func (s *kernelSemaphore) holder(waited bool) string {
	state, err := native.LookSemaphore(s.file)
	if err != nil || state.Value > 0 {
		return "it was held until just now"
	}
	var users []int
	if waited {
		users = usersOfObject(s.file)
	}
	return heldBy(users) +
		"; wait longer, or if you know that its holder crashed, call Recover with Policy.BreakLock"
}

// dispose does nothing: what Qt made for us is closed already.
func (s *kernelSemaphore) dispose(bool) {}

// disown has the semaphore stay as long as this process runs.
func (s *kernelSemaphore) disown() { s.kept.Store(true) }
