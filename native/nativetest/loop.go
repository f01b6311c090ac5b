//go:build cgo && (linux || windows)

package nativetest

/*
#include <stdlib.h>
#include "nativetest.h"
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"
)

// The loops here are C++ programs in one call each: what a benchmark in Go is
// compared with, in the same process and the same run. The results are how long
// the rounds took. The QSharedMemory that a loop is given belongs to the caller,
// who keeps it alive.

// LoopLock is rounds times lock() and unlock().
func LoopLock(memory unsafe.Pointer, rounds int) (time.Duration, error) {
	return elapsed(C.qtb_loop_lock(memory, C.int64_t(rounds)))
}

// LoopLockedWrite is rounds times lock(), a copy of size bytes into the
// segment, and unlock().
func LoopLockedWrite(memory unsafe.Pointer, rounds, size int) (time.Duration, error) {
	return elapsed(C.qtb_loop_locked_write(memory, C.int64_t(rounds), C.size_t(size)))
}

// LoopCopy is rounds times a copy of the whole segment into one buffer.
func LoopCopy(memory unsafe.Pointer, rounds int) (time.Duration, error) {
	return elapsed(C.qtb_loop_copy(memory, C.int64_t(rounds)))
}

// LoopAcquire is rounds times acquire() and release() on a
// QSystemSemaphore(key, 1, Open) made for it. The semaphore must exist, and is
// still there afterwards: an object removes only what it has made.
func LoopAcquire(key string, rounds int) (time.Duration, error) {
	p, n := chars(key)
	return elapsed(C.qtb_loop_acquire(p, n, C.int64_t(rounds)))
}

// LoopCycle is rounds times attach(ReadOnly), lock(), a copy of size bytes out
// of the segment, unlock() and detach() on an object with setKey(key): the same
// one, or a fresh one each time.
func LoopCycle(key string, rounds, size int, fresh bool) (time.Duration, error) {
	p, n := chars(key)
	return elapsed(C.qtb_loop_cycle(p, n, C.int64_t(rounds), C.size_t(size), flag(fresh)))
}

// LoopPublish is rounds times a fresh object in place of the one before, with
// setKey(key) or setNativeKey(key), create(size), lock(), a copy of size bytes
// into the segment, and unlock(). With a native key, lock() and unlock() fail.
func LoopPublish(key string, native bool, rounds, size int) (time.Duration, error) {
	p, n := chars(key)
	return elapsed(C.qtb_loop_publish(p, n, flag(native), C.int64_t(rounds), C.size_t(size)))
}

// LoopSleep is rounds times a sleep for pause, and nothing else: what a loop
// that looks from time to time cannot do without. The result is the CPU time
// that it took, not how long.
func LoopSleep(rounds int, pause time.Duration) time.Duration {
	return time.Duration(C.qtb_loop_sleep(C.int64_t(rounds), C.int64_t(pause)))
}

func elapsed(r C.qtb_result) (time.Duration, error) {
	if r.value == 0 {
		return 0, fmt.Errorf("error %d of Qt: %s", r.error, text(r))
	}
	return time.Duration(r.value), nil
}

// text and chars are as in package native.

func text(r C.qtb_result) string {
	if r.text == nil {
		return ""
	}
	defer C.free(unsafe.Pointer(r.text))
	return C.GoStringN(r.text, r.text_size)
}

func chars(s string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}

func flag(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}
