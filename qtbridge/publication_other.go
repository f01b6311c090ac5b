//go:build !windows

package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// lastMade are by what a publication knows its segments again.
type lastMade struct {
	id int // of the present segment, or of the last there was; -1 if never
}

func newLastMade() lastMade { return lastMade{id: -1} }

// settle waits a little for the key file to go where a reader, as the last one
// to detach, has removed the segment and not yet the file: it would delete that
// under the next segment.
func (p *publication) settle() {
	for waited := time.Duration(0); p.id >= 0 && waited < settling; waited += settlingStep {
		_, err := native.LookSegment(p.place.segment)
		if e, ok := errors.AsType[*native.LookError](err); !ok || e.Step == native.StepFile {
			return
		}
		time.Sleep(settlingStep)
	}
}

// identify notes which segment is ours. A reader of the one before, with the
// same System V key, can have removed it: Qt's detach() looks by the key.
func (p *publication) identify() error {
	state, err := look(opPublish, p.key, p.place.segment)
	if err == nil && state.Creator == os.Getpid() {
		p.id = state.ID
		return nil
	}
	_ = p.leave()
	return &Error{Op: opPublish, Key: p.key, Code: ErrBusy, Err: err,
		Msg: "a reader that detached took the new segment with it; publish again"}
}

// rejoin attaches again to the segment that replace left, if a reader who came
// in that moment keeps it in being: then it stays published when they go.
func (p *publication) rejoin(ctx context.Context) {
	if p.now != nil || !p.isOurs() {
		return
	}
	mem, err := attachOnce(ctx, p.key, p.place, ReadWrite, nil)
	if err != nil {
		return
	}
	if !p.isOurs() {
		mem.Close()
		return
	}
	p.now = newAttachment(p.key, p.place.segment, mem, nil)
}

// isOurs tells whether the key leads to the last segment that we made.
func (p *publication) isOurs() bool {
	state, err := look(opPublish, p.key, p.place.segment)
	return err == nil && state.ID == p.id
}

// obstacle is what is in the way of a new segment: an ErrBusy goes away by
// itself, other errors do not.
func (p *publication) obstacle() error {
	state, err := look(opPublish, p.key, p.place.segment)
	switch {
	case isNotFound(err):
		return nil
	case err != nil:
		return err
	case state.ID == p.id && (p.now == nil || state.Attached == 1):
		return nil // without now, the next one to come attaches again
	case state.ID == p.id:
		return p.busy("%d others are attached to the message before, which stays published; let them detach, or use PublisherOptions.InPlace",
			state.Attached-1)
	case procfs.Alive(state.Creator) || p.now != nil:
		return p.exists(state)
	case state.Attached > 0:
		return p.busy("%d are attached to a segment of process %d, which is gone; let them detach",
			state.Attached, state.Creator)
	}
	return nil // an orphan
}

func (p *publication) exists(state native.SegmentState) error {
	msg := fmt.Sprintf("%d bytes, created by process %d; end that program, or use another key", state.Size, state.Creator)
	if state.Creator == os.Getpid() {
		msg = fmt.Sprintf("%d bytes, created by another Publisher or Segment of this process, %d; close that, or use another key",
			state.Size, state.Creator)
	}
	return &Error{Op: opPublish, Key: p.key, Code: ErrExists, Msg: msg}
}
