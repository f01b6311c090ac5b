//go:build !windows

package qtbridge

import "time"

const (
	pollMax = 3 * time.Second
	stayMax = time.Second
	// largeMax is how rare looks at a large segment, which take long, become.
	largeMax = time.Second
)
