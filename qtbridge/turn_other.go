//go:build !linux

package qtbridge

import (
	"context"

	"qtinterop/native"
)

// Without Linux there is nothing to recover yet.

func takeTurn(_ context.Context, key Key, _ string) (end func(), err error) {
	if !native.Available {
		return nil, unavailable("recover", key)
	}
	return nil, recoverError(key, ErrUnsupported,
		"not on this system yet; what a crash leaves goes with the last program that has it open: end them")
}
