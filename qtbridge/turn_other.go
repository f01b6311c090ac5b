//go:build !linux

package qtbridge

import "context"

// Without Linux there is nothing to recover yet.

func takeTurn(_ context.Context, key Key, _ string) (end func(), err error) {
	return nil, unavailable("recover", key)
}
