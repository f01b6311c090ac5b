//go:build !linux && !windows

package qtbridge

import "context"

// Without Linux or Windows there is nothing to recover.

func takeTurn(_ context.Context, key Key, _ place) (end func(), err error) {
	return nil, unavailable("recover", key)
}
