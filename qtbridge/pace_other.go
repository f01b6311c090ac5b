//go:build !windows

package qtbridge

import "time"

const (
	pollMax = 3 * time.Second
	stayMax = time.Second
	// looksApart is how many times as long as a look it is to the next.
	looksApart = 100
	// largeMax is how rare looks at a large segment, which take long, become.
	largeMax = time.Second
)
