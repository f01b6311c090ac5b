package qtbridge

import (
	"context"
	"sync"
	"sync/atomic"
)

// gate lets one goroutine of this process at a time to a semaphore. The others
// wait here, where it costs them no OS thread and a context or a Close can call
// them off; only the one inside waits in the kernel.
//
// It is open if taken is false, or if it lies in handed. A sync.Mutex cannot be
// called off, and a channel alone costs three times as much.
type gate struct {
	file    string // key file of the semaphore
	users   int    // of this gate, see gates
	taken   atomic.Bool
	waiting atomic.Int32
	handed  chan struct{} // the gate, on its way from one who leaves to one who waits
}

// tryEnter passes the gate if it is open.
func (g *gate) tryEnter() bool {
	if g.taken.CompareAndSwap(false, true) {
		return true
	}
	select {
	case <-g.handed:
		return true
	default:
		return false
	}
}

// enter passes the gate, in the order of coming, unless closing or ctx ends
// first: it returns which of them did, or nil.
func (g *gate) enter(ctx context.Context, closing <-chan struct{}) error {
	if g.tryEnter() {
		return nil
	}
	g.waiting.Add(1)
	defer g.waiting.Add(-1)
	// Again, for one who left before he could see us waiting.
	if g.tryEnter() {
		return nil
	}
	select {
	case <-g.handed:
		return nil
	case <-closing:
		return ErrClosed
	case <-ctx.Done():
		return ErrLocked
	}
}

// leave hands the gate to one who waits, or opens it. If the one who waits gives
// up meanwhile, it lies in handed for the next to come.
func (g *gate) leave() {
	for g.waiting.Load() == 0 {
		g.taken.Store(false)
		// One may have begun to wait before this, and found the gate closed.
		if g.waiting.Load() == 0 || !g.taken.CompareAndSwap(false, true) {
			return
		}
	}
	g.handed <- struct{}{}
}

// gates are those in use, by the key file of the semaphore: all Segments of one
// key share a gate.
var gates = struct {
	sync.Mutex
	of map[string]*gate
}{of: make(map[string]*gate)}

// useGate returns the gate of the semaphore with this key file; drop must
// follow.
func useGate(file string) *gate {
	gates.Lock()
	defer gates.Unlock()
	g := gates.of[file]
	if g == nil {
		g = &gate{file: file, handed: make(chan struct{}, 1)}
		gates.of[file] = g
	}
	g.users++
	return g
}

func (g *gate) drop() {
	gates.Lock()
	defer gates.Unlock()
	if g.users--; g.users == 0 {
		delete(gates.of, g.file)
	}
}
