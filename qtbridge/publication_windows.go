package qtbridge

import (
	"context"
	"fmt"

	"qtinterop/native"
)

// lastMade are by what a publication knows its segments again. On Windows they
// have no ids: while we are attached, the name surely leads to ours. Later it can
// lead to that as well, if a reader has come in between, or to one of somebody
// else.
type lastMade struct {
	made bool // we have made one, and have not seen that it is gone
}

func newLastMade() lastMade { return lastMade{} }

// settle has nothing to wait for: a segment goes with its last handle.
func (p *publication) settle() {}

// identify has nothing to find out: what create() made is ours.
func (p *publication) identify() error {
	p.made = true
	return nil
}

// rejoin does nothing: it might attach to a segment of somebody else, and be in
// the way of that one's next create().
func (p *publication) rejoin(context.Context) {}

// obstacle is what is in the way of a new segment: an ErrBusy goes away by
// itself, other errors do not.
func (p *publication) obstacle() error {
	if p.now != nil {
		// The common case: our own handle is the only one.
		if n, err := native.SegmentHandles(p.place.segment); err == nil && n <= 1 {
			return nil
		}
	}
	state, err := look(opPublish, p.key, p.place.segment)
	switch {
	case isNotFound(err):
		p.made = false
		return nil
	case err != nil:
		return err
	case p.now != nil && state.Attached <= 1:
		return nil
	case p.now != nil:
		return p.busy("%d others are attached to the message before, which stays published; let them detach, or use PublisherOptions.InPlace",
			state.Attached-1)
	case p.made:
		return p.busy("%d are attached to the message before, or to a segment that another program made since; let them detach", state.Attached)
	case state.Attached == 0:
		return nil // the last one has left while we looked
	}
	return p.exists(state)
}

func (p *publication) exists(state native.SegmentState) error {
	return &Error{Op: opPublish, Key: p.key, Code: ErrExists,
		Msg: fmt.Sprintf("%d bytes, held by %d objects; end that program, or use another key", state.Size, state.Attached)}
}
