//go:build !linux

package main

import (
	"context"
	"io"
)

// untilClosed is ctx here: the next write notices a closed pipe.
func untilClosed(ctx context.Context, _ io.Writer) (context.Context, func()) {
	return ctx, func() {}
}
