package native

import (
	"errors"
	"time"
)

// ErrDifferent is the end of a Wait for memory to change.
var ErrDifferent = errors.New("native: the content is another one")

// Wait is what a [Waiter] waits for.
type Wait struct {
	Semaphore int           // to be taken and given back, by whomever; -1 for none
	CheckLast bool          // whether it being last used by another process is enough
	Data      []byte        // to become different from Copy, of the same size; nil for none
	Copy      []byte        // of Data
	Interval  time.Duration // how often to compare them
	Limit     time.Duration // how long to wait
}
