package qtbridge

import "time"

// On Windows nothing tells of any change.
const (
	pollMax = 50 * time.Millisecond
	stayMax = pollMax
)
