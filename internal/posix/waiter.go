//go:build linux

package posix

import (
	"qtinterop/internal/fault"
	"qtinterop/internal/ipc"
)

// NewWaiter returns what waits for changes of a segment. Nothing tells that a semaphore
// was taken and given back: to wait for it like others is to take the wake that is meant
// for one of them, and not to, is not to be woken.
func (System) NewWaiter() ipc.Waiter { return ipc.NewComparer(isDifferent) }

// isDifferent compares memory with a copy of the same size. Memory that is not there any
// more is different too: whoever looks next finds out why.
func isDifferent(data, last []byte) bool {
	different := false
	met := fault.Guard(func() []byte { return data }, func() { different = string(data) != string(last) })
	return different || met
}
