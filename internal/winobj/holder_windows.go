package winobj

import "qtinterop/internal/ipc"

// Holder says who seems to hold the lock. Windows tells only who has it open, in a
// table of all handles: too much to read for one who did not wait.
func (s System) Holder(p ipc.Place, thorough bool) string {
	state, err := s.Semaphore(p)
	if err != nil || state.Value > 0 {
		return ipc.HeldUntilNow
	}
	var users []int
	if thorough {
		users = usersOf(p.Lock)
	}
	return ipc.HeldOrJammed(users)
}
