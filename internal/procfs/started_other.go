//go:build !linux

package procfs

import "time"

// AliveSince is [Alive] here.
func AliveSince(pid int, _ time.Time) bool { return Alive(pid) }
