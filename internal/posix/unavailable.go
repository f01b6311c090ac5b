//go:build !cgo && linux

package posix

import (
	"errors"
	"time"
)

// errUnavailable is all there is in a build without cgo, which has no Qt either.
var errUnavailable = errors.New("posix: this build is without cgo")

func semaphoreSize() int               { return 0 }
func valueOf([]byte) int               { return 0 }
func (*file) take(time.Duration) error { return errUnavailable }
func (*file) give() error              { return errUnavailable }
func (*file) add(int) error            { return errUnavailable }
