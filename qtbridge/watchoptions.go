package qtbridge

import (
	"fmt"
	"time"
)

// opWatch is the Op of the errors of Watch.
const opWatch = "watch"

// WatchOptions says how to [Watch]. The zero value suits most programs.
type WatchOptions struct {
	// Stay keeps attached to the segment while its creator runs. It makes the
	// watch faster, and looks without a lock cheap. But a peer that detaches and
	// creates anew, as the one that publishes ids does, fails to do so as long
	// as anybody is attached. It is for peers that keep their segment. The last to
	// detach removes the segment, as in any Qt program: with Stay also one whose
	// last other user was killed.
	Stay bool
	// Poll is how long at most a change can go unnoticed that neither the lock
	// nor a key file tells of, because the peer writes in place and does not
	// lock; on Windows that is every change. Without Stay each look attaches for
	// some tens of microseconds. 0 is adaptive: 10 ms while such changes happen, up
	// to 3 s while not, or a second with Stay; on Windows up to 50 ms. Looks that
	// take long are rarer.
	Poll time.Duration
	// Settle is how long a segment may be gone, or be being made, without being
	// reported: in between a peer makes a new one. A new segment that is all zero is
	// reported after a tenth of it: before, a peer may not have filled it yet. On Windows, where a new segment may look like the old one, that
	// goes for all that becomes zero. 0 is 50 ms.
	Settle time.Duration
	// Reuse puts messages where earlier ones were: Data is good until the body of the loop
	// ends, as a token of a bufio.Scanner is until the next, and must not be written to,
	// for the next content is compared with it. For large segments that saves memory, the
	// time to get it from the system, and a copy.
	Reuse bool
}

func (o *WatchOptions) check(key Key) error {
	if o.Poll < 0 || o.Settle < 0 {
		return &Error{Op: opWatch, Key: key, Code: ErrRange,
			Msg: fmt.Sprintf("Poll is %v and Settle %v; neither can be negative", o.Poll, o.Settle)}
	}
	if o.Settle == 0 {
		o.Settle = 50 * time.Millisecond
	}
	return nil
}
