package qtbridge

import (
	"fmt"
	"sync/atomic"
	"time"

	"qtinterop/internal/door"
)

// closer is what Segment, Semaphore and Publisher have in common: they go away
// once, when they are closed and no method is under way.
type closer struct {
	key    Key
	undo   func() error // runs when nobody is inside any more
	door   door.Door
	closed atomic.Bool
	called chan struct{} // closed by Close, to call off those who wait
	gone   chan struct{} // closed when undo has run
	err    error         // of undo, set before gone is closed
}

func newCloser(key Key, undo func() error) *closer {
	return &closer{key: key, undo: undo, called: make(chan struct{}), gone: make(chan struct{})}
}

// enter lets a method op in; leave must follow.
func (c *closer) enter(op string) error {
	if c.door.Enter() {
		return nil
	}
	return closedError(op, c.key)
}

func (c *closer) leave() { c.door.Leave() }

func closedError(op string, key Key) error {
	return &Error{Op: op, Key: key, Code: ErrClosed, Msg: "it was closed before; open it again"}
}

// close closes and waits until undo has run, up to a limit.
func (c *closer) close() error {
	if !c.closed.CompareAndSwap(false, true) {
		return closedError("close", c.key)
	}
	close(c.called)
	c.door.Shut(func() {
		c.err = c.undo()
		close(c.gone)
	})
	select {
	case <-c.gone:
		return c.err
	default:
	}
	select {
	case <-c.gone:
		return c.err
	case <-time.After(closeLimit):
		return &Error{Op: "close", Key: c.key, Code: ErrBusy,
			Msg: fmt.Sprintf("a View or a copy has not ended in %v; the segment detaches when it does", closeLimit)}
	}
}

// abandon closes what nothing refers to any more, on a goroutine of its own:
// closing can wait a little.
func abandon(c *closer) { go func() { _ = c.close() }() }
