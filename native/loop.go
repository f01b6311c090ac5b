//go:build cgo && (linux || windows)

package native

// #include "shim.h"
import "C"

import "time"

// The loops here are C++ programs in one call each: what a benchmark in Go is
// compared with, in the same process and the same run. The results are how long
// the rounds took.

// LoopLock is rounds times lock() and unlock().
func (m *SharedMemory) LoopLock(rounds int) (time.Duration, error) {
	return m.loop(func(h *C.qtb_shm) C.qtb_result { return C.qtb_loop_lock(h, C.int64_t(rounds)) })
}

// LoopLockedWrite is rounds times lock(), a copy of size bytes into the
// segment, and unlock().
func (m *SharedMemory) LoopLockedWrite(rounds, size int) (time.Duration, error) {
	return m.loop(func(h *C.qtb_shm) C.qtb_result {
		return C.qtb_loop_locked_write(h, C.int64_t(rounds), C.size_t(size))
	})
}

// LoopCopy is rounds times a copy of the whole segment into one buffer.
func (m *SharedMemory) LoopCopy(rounds int) (time.Duration, error) {
	return m.loop(func(h *C.qtb_shm) C.qtb_result { return C.qtb_loop_copy(h, C.int64_t(rounds)) })
}

func (m *SharedMemory) loop(loop func(*C.qtb_shm) C.qtb_result) (time.Duration, error) {
	r, err := m.use(loop)
	return time.Duration(r.value), answer("loop", sharedMemoryErrors, r, err)
}

// LoopAcquire is rounds times acquire() and release().
func (s *SystemSemaphore) LoopAcquire(rounds int) (time.Duration, error) {
	r, err := s.use(func(h *C.qtb_sem) C.qtb_result { return C.qtb_loop_acquire(h, C.int64_t(rounds)) })
	return time.Duration(r.value), answer("loop", semaphoreErrors, r, err)
}

// LoopCycle is rounds times attach(ReadOnly), lock(), a copy of size bytes out
// of the segment, unlock() and detach() on an object with setKey(key): the same
// one, or a fresh one each time.
func LoopCycle(key string, rounds, size int, fresh bool) (time.Duration, error) {
	p, n := chars(key)
	r := C.qtb_loop_cycle(p, n, C.int64_t(rounds), C.size_t(size), flag(fresh))
	return time.Duration(r.value), answer("loop", sharedMemoryErrors, r, nil)
}

// LoopPublish is rounds times a fresh object in place of the one before, with
// setKey(key) or setNativeKey(key), create(size), lock(), a copy of size bytes
// into the segment, and unlock(). With a native key, lock() and unlock() fail.
func LoopPublish(key string, native bool, rounds, size int) (time.Duration, error) {
	p, n := chars(key)
	r := C.qtb_loop_publish(p, n, flag(native), C.int64_t(rounds), C.size_t(size))
	return time.Duration(r.value), answer("loop", sharedMemoryErrors, r, nil)
}

// LoopSleep is rounds times a sleep for pause, and nothing else: what a loop
// that looks from time to time cannot do without. The result is the CPU time
// that it took, not how long.
func LoopSleep(rounds int, pause time.Duration) time.Duration {
	return time.Duration(C.qtb_loop_sleep(C.int64_t(rounds), C.int64_t(pause)))
}
