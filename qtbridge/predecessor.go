package qtbridge

import (
	"context"
	"fmt"
	"os"
	"time"

	"qtinterop/internal/ipc"
)

// What a publication finds in the place of its next segment: its own one before,
// which it knows again by its id. Without ids it surely is that while we are
// attached; later it can be that as well, if a reader has come in between, or one
// of somebody else.

// settle waits a little for the key file to go where a reader, as the last one to detach,
// has not yet removed the segment, or not yet the file: it would delete that under the next
// segment.
func (p *publication) settle() {
	if !p.place.traits().DetachRemoves || !p.made {
		return
	}
	for waited := time.Duration(0); waited < settling; waited += settlingStep {
		segment, err := p.place.system.Segment(p.place.Place)
		if isLeft := err == nil && segment.ID == p.id && segment.Attached == 0; !isLeft && !ipc.IsPartial(err) {
			return
		}
		time.Sleep(settlingStep)
	}
}

// identify notes which segment is ours. A reader of the one before, with the
// same System V key, can have removed it: Qt's detach() looks by the key.
func (p *publication) identify() error {
	if !p.place.traits().IDs {
		p.made = true // what create() made is ours
		return nil
	}
	segment, err := p.place.look(opPublish, p.key)
	switch {
	case err != nil, p.place.traits().Processes && segment.Creator != os.Getpid():
		err = &Error{Op: opPublish, Key: p.key, Code: ErrBusy, Err: err,
			Msg: "a reader that detached took the new segment with it; publish again"}
	case p.lock != nil && p.lock.sharesFile() && !p.lock.isOnFileOf(segment):
		err = p.lock.lostFile(opPublish)
	default:
		p.made, p.id = true, segment.ID
		p.now.id = segment.ID
		return nil
	}
	_ = p.leave()
	return err
}

// findSegment makes sure that the key leads to the segment that is kept for all messages,
// and where there is none yet, looks for one to go on with.
func (p *publication) findSegment(ctx context.Context) {
	if p.inPlace > 0 && p.now != nil && p.place.traits().IDs && !p.isOurs() {
		p.noteLost()
	}
	if p.lost && p.lock != nil && p.lock.forgetAstray() {
		p.owner = false
	}
	p.lost = false
	if p.inPlace > 0 && p.now == nil {
		p.inherit(ctx)
	}
}

// noteLost takes in that readers cannot find our segment any more. What removed it, or
// its key file, can have done the same to the lock.
func (p *publication) noteLost() {
	p.lost = true // but its id stays that of ours: a new key file can lead to it again
	_ = p.leave()
	p.tell(&Error{Op: opPublish, Key: p.key, Code: ErrNotFound,
		Msg: "readers could not find the segment any more: it, or its key file, was removed, as by a cleaner of temporary files or at the end of a session; a new one is made"})
}

// inherit goes on with the segment of a publisher that crashed, of the same size, which
// readers keep in being.
func (p *publication) inherit(ctx context.Context) {
	left, err := p.place.look(opPublish, p.key)
	if err != nil || !p.canInherit(left) || p.place.checkRemoval(opPublish, p.key) != nil {
		return
	}
	mem, seen, err := attachOnce(ctx, p.key, p.place, ReadWrite)
	if err != nil {
		return
	}
	mem.claim()
	if seen.ID != left.ID || !p.canInherit(seen) || len(mem.Data()) != p.inPlace {
		mem.Close()
		return
	}
	p.now, p.made, p.id = newAttachment(p.place, mem, nil, left.ID), true, left.ID
}

func (p *publication) canInherit(segment ipc.Segment) bool {
	t := p.place.traits()
	return t.Processes && segment.Attached > 0 && segment.Size == int64(p.inPlace) && !segment.HasCreator()
}

// rejoin attaches again to the segment that replace left, if a reader who came
// in that moment keeps it in being: then it stays published when they go. Without
// ids it might be a segment of somebody else, whose next create() we would be in
// the way of.
func (p *publication) rejoin(ctx context.Context) {
	if p.now != nil || p.place.traits().MemoryFiles || !p.isOurs() {
		return
	}
	mem, _, err := attachOnce(ctx, p.key, p.place, ReadWrite)
	if err != nil {
		return
	}
	mem.claim()
	if !p.isOurs() {
		mem.Close()
		return
	}
	p.now = newAttachment(p.place, mem, nil, p.id)
}

// removeOwn removes our own segment where it stays when all have detached. It is an
// ErrBusy while others have it.
func (p *publication) removeOwn() error {
	if !p.place.traits().MemoryFiles || !p.isOurs() {
		return nil
	}
	err := p.place.system.Remove(p.place.Segment, p.id)
	if err == nil || ipc.IsNotFound(err) {
		p.made = false
		return nil
	}
	return systemError(opPublish, p.key, err)
}

// isOurs tells whether the key leads to the last segment that we made, for sure.
func (p *publication) isOurs() bool {
	if !p.made || !p.place.traits().IDs {
		return false
	}
	if _, ok := p.place.system.StillSegment(p.place.Place, p.id); ok {
		return true
	}
	segment, err := p.place.look(opPublish, p.key)
	return err == nil && segment.ID == p.id
}

// obstacle is what is in the way of a new segment: an ErrBusy goes away by
// itself, other errors do not.
func (p *publication) obstacle() error {
	t := p.place.traits()
	if t.MemoryFiles && p.now != nil {
		return nil // removeOwn tells, once we have detached
	}
	if p.now != nil && !t.IDs {
		// The common case: our own handle is the only one.
		if n, err := p.place.system.Attached(p.place.Place); err == nil && n <= 1 {
			return nil
		}
	}
	if p.made {
		if ours, ok := p.place.system.StillSegment(p.place.Place, p.id); ok {
			return p.readersOf(ours) // the common case
		}
	}
	segment, err := p.place.look(opPublish, p.key)
	switch {
	case isNotFound(err):
		if p.now != nil && p.made && t.IDs {
			p.noteLost()
			return busyError(p.key, "its segment was removed by somebody else; publish again")
		}
		p.made = p.made && t.IDs // an id stays that of ours
		return nil
	case err != nil:
		return err
	case t.IDs && p.made && segment.ID == p.id, !t.IDs && p.now != nil:
		return p.readersOf(segment)
	case !t.IDs && p.made:
		return busyError(p.key, "%d are attached to the message before, or to a segment that another program made since; let them detach", segment.Attached)
	case !t.IDs && segment.Attached == 0:
		return nil // the last one has left while we looked
	}
	if err := p.place.checkUse(opPublish, p.key, ErrExists, segment); err != nil {
		return err
	}
	switch {
	case segment.HasCreator() || p.now != nil:
		return p.exists(segment)
	case segment.Attached > 0:
		return busyError(p.key, "%d are attached to a segment of process %d, which is gone; let them detach",
			segment.Attached, segment.Creator)
	}
	return p.place.checkRemoval(opPublish, p.key) // an orphan
}

// readersOf is an error if others than us are attached to our own segment.
func (p *publication) readersOf(segment ipc.Segment) error {
	if p.place.traits().MemoryFiles {
		return p.othersOpen()
	}
	if p.now == nil || segment.Attached <= 1 {
		return nil // without now, the next one to come attaches again
	}
	return busyError(p.key, "%d others are attached to the message before, which stays published; let them detach, or use PublisherOptions.InPlace",
		segment.Attached-1)
}

// othersOpen is an error if anybody has our own segment open, which we do not.
func (p *publication) othersOpen() error {
	n, err := p.place.system.Attached(p.place.Place)
	if err != nil && !ipc.IsNotFound(err) {
		return systemError(opPublish, p.key, err)
	}
	if n > 0 {
		return busyError(p.key, "others are attached to the message before, which stays published; let them detach, or use PublisherOptions.InPlace")
	}
	return nil
}

func (p *publication) exists(segment ipc.Segment) error {
	t := p.place.traits()
	msg := segment.Describe(t) + "; end that program, or use another key"
	if t.MemoryFiles {
		msg += ", or if nobody needs it, remove it with Recover"
	}
	if t.Processes && segment.Creator == os.Getpid() && segment.HasCreator() {
		msg = fmt.Sprintf("%d bytes, created by another Publisher or Segment of this process, %d; close that, or use another key",
			segment.Size, segment.Creator)
	}
	msg += mayBeText(p.place, p.place.system.Namesakes(p.place.Place))
	return &Error{Op: opPublish, Key: p.key, Code: ErrExists, Msg: msg}
}
