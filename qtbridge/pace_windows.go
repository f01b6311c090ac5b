package qtbridge

import "time"

// On Windows nothing tells of any change.
const (
	pollMax = 50 * time.Millisecond
	stayMax = pollMax
	// largeMax is how rare looks at a large segment, which take long, become.
	largeMax = 200 * time.Millisecond
)
