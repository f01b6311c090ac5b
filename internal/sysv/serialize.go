//go:build linux

package sysv

import (
	"context"
	"path/filepath"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/internal/turn"
)

// Serialize has those who mend take turns where their key files lie.
func (System) Serialize(ctx context.Context, p ipc.Place, limit time.Duration) (end func(), err error) {
	return turn.Wait(ctx, filepath.Dir(p.Segment), limit)
}
