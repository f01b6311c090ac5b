package winobj

import "qtinterop/internal/ipc"

// NewWaiter returns what waits for changes of a segment. On Windows nothing tells that a
// semaphore was taken and given back.
func (System) NewWaiter() ipc.Waiter {
	return ipc.NewComparer(func(data, last []byte) bool { return string(data) != string(last) })
}
