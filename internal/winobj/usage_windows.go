package winobj

import "sync"

// usage is what the locks of this program have of a semaphore.
type usage struct {
	handles int // that are open
	taken   int // and not given back
}

// usages are those of the locks that are tracked, by the names of their
// semaphores.
type usages struct {
	mu sync.Mutex
	of map[string]usage
}

// ours are the locks of this program.
var ours = usages{of: make(map[string]usage)}

func (u *usages) get(name string) usage {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.of[name]
}

func (u *usages) add(name string, handles, taken int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.of[name]
	now.handles += handles
	now.taken += taken
	if now == (usage{}) {
		delete(u.of, name)
		return
	}
	u.of[name] = now
}
