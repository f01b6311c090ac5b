// Package door guards an object that many goroutines use and one may close at
// any time: whoever is inside can finish, nobody new comes in, and the object
// goes away when the last one has left.
package door

import "sync/atomic"

// shut is added to the count of those inside; it outweighs any of them.
const shut = -1 << 62

// A Door is open until Shut. The zero Door is open.
type Door struct {
	state  atomic.Int64 // how many are inside, plus shut
	closer atomic.Bool  // somebody has called Shut
	last   func()       // set before state shows shut
}

// Enter lets the caller in, who must call Leave, or returns false because the
// door is shut.
func (d *Door) Enter() bool {
	if d.state.Add(1) > 0 {
		return true
	}
	d.Leave()
	return false
}

// Leave undoes an Enter. The last one to leave a shut door runs what Shut was
// given.
func (d *Door) Leave() {
	if d.state.Add(-1) == shut {
		// A caller that Enter turns away passes here as well: only one of
		// those who see the door empty may run last.
		if d.state.CompareAndSwap(shut, 2*shut) {
			d.last()
		}
	}
}

// Shut shuts the door and has last run as soon as nobody is inside: before Shut
// returns, or later by the last one to leave. It returns false, and does
// nothing, if the door was shut before.
func (d *Door) Shut(last func()) bool {
	if !d.closer.CompareAndSwap(false, true) {
		return false
	}
	d.last = last
	d.state.Add(shut + 1)
	d.Leave()
	return true
}
