package qtbridge

import "time"

// On Windows nothing tells of any change.
const (
	pollMax = 50 * time.Millisecond
	stayMax = pollMax
	// looksApart is how many times as long as a look it is to the next, so that a
	// create() of the peer seldom meets one.
	looksApart = 30
	// largeMax is how rare looks at a large segment, which take long, become.
	largeMax = 200 * time.Millisecond
)
