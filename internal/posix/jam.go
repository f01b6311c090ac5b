//go:build linux

package posix

import (
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// jamStep is between the two looks that tell a jammed lock: longer than any of ours is
// taken and not counted yet.
const jamStep = 10 * time.Millisecond

// IsJammed tells whether the lock is taken for good: no other process has it open, and
// this one has not taken it. While another one has it open, nobody can tell whether
// that holds it.
func (System) IsJammed(p ipc.Place) bool {
	if !seemsJammed(p.Lock) {
		return false
	}
	time.Sleep(jamStep)
	return seemsJammed(p.Lock)
}

func seemsJammed(path string) bool {
	f, err := openSemaphore(path)
	if err != nil {
		return false
	}
	defer f.release()
	return valueOf(f.memory) == 0 && f.isForsaken()
}

// HoldsLock tells whether a lock of this program has taken it.
func (System) HoldsLock(p ipc.Place) bool {
	stat, err := look(p.Lock)
	if err != nil {
		return false
	}
	f := known(stat)
	if f == nil {
		return false
	}
	defer f.release()
	return f.taken.Load() > 0
}

// Holder says who seems to hold the lock: one of those who have it open, as far as this
// user sees them. That is much to read for one who did not wait.
func (s System) Holder(p ipc.Place, thorough bool) string {
	state, err := s.Semaphore(p)
	if err != nil || state.Value > 0 {
		return ipc.HeldUntilNow
	}
	var users []int
	if thorough {
		users = usersOf(state.ID)
	}
	return ipc.HeldOrJammed(users)
}

func usersOf(inode int) []int {
	var maps procfs.Mappings
	return maps.PosixUsers(uint64(inode))
}
