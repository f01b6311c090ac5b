package qtbridge

import (
	"sync"

	"qtinterop/internal/ipc"
)

// keeper leaves a segment that nobody had when we came as it was: to detach would remove
// what a crash has left, perhaps all there is of it.
type keeper struct {
	system ipc.System
	id     int // of the segment
}

// keepers are how many there are in this program, by the ids of the segments.
var keepers = struct {
	sync.Mutex
	of map[int]int
}{of: make(map[int]int)}

// newKeeper returns a keeper if nobody has the segment but others of this program. It
// is made before we attach, so that they know of each other.
func newKeeper(system ipc.System, seen ipc.Segment) *keeper {
	if !system.Traits().DetachRemoves {
		return nil
	}
	keepers.Lock()
	defer keepers.Unlock()
	if seen.Attached > keepers.of[seen.ID] {
		return nil
	}
	keepers.of[seen.ID]++
	return &keeper{system, seen.ID}
}

// end forgets the keeper.
func (k *keeper) end() {
	if k == nil {
		return
	}
	keepers.Lock()
	defer keepers.Unlock()
	if keepers.of[k.id]--; keepers.of[k.id] == 0 {
		delete(keepers.of, k.id)
	}
}

// keep has the segment outlast a detach, which ends before done is called.
func (k *keeper) keep() (done func()) {
	if k != nil {
		if _, end, err := k.system.Keep(k.id); err == nil {
			return end
		}
	}
	return func() {}
}
