//go:build !windows

package qtbridge

import "time"

const (
	pollMax = 3 * time.Second
	stayMax = time.Second
)
