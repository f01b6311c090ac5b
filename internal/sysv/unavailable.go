//go:build !cgo && linux

package sysv

import (
	"errors"
	"syscall"
	"time"

	"qtinterop/internal/ipc"
)

// errUnavailable is all there is in a build without cgo, which has no Qt either.
var errUnavailable = errors.New("sysv: this build is without cgo")

func lookSegment(string) (ipc.Segment, error)      { return ipc.Segment{}, errUnavailable }
func lookSemaphore(string) (ipc.Semaphore, error)  { return ipc.Semaphore{}, errUnavailable }
func findSemaphore(string) (semaphore, error)      { return semaphore{}, errUnavailable }
func lookSemaphoreByID(int) (ipc.Semaphore, error) { return ipc.Semaphore{}, errUnavailable }
func takeWithin(int, int, time.Duration) error     { return errUnavailable }
func probe() (string, syscall.Errno)               { return "", 0 }
func readLimits() (limits, error)                  { return limits{}, errUnavailable }
func giveAway(int, int, int) error                 { return errUnavailable }
func remove(int) error                             { return errUnavailable }
func (System) NewWaiter() ipc.Waiter               { return nil }
