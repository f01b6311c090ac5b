package qtbridge

import (
	"context"
	"os"
	"time"

	"qtinterop/internal/ipc"
)

const opAttach = "attach"

// attach attaches to the segment at p, which may come and go meanwhile.
func attach(ctx context.Context, key Key, p place, mode Mode) (*attachment, error) {
	var mem *memory
	var seen ipc.Segment
	var err error
	for range retries {
		if mem, seen, err = attachOnce(ctx, key, p, mode); !isPassing(err) {
			break
		}
		if _, gone := p.look(opAttach, key); gone != nil {
			err = gone // more to the point than Qt's words
			break
		}
	}
	if err != nil {
		return nil, err
	}
	var l *lock
	if p.Lock != "" {
		l = newLock(key, p)
	}
	return newAttachment(p, mem, l, seen.ID), nil
}

// attachOnce has Qt attach, by the native key that it derived itself, because with
// that it neither takes nor makes the semaphore. Where the segment is removed by
// who detaches, Qt attaches only to what exists, since a failed attach() leaves
// traces that harm the peer. It also returns what the segment was before.
func attachOnce(ctx context.Context, key Key, p place, mode Mode) (mem *memory, seen ipc.Segment, err error) {
	if p.traits().DetachRemoves || p.traits().MemoryFiles {
		if seen, err = settled(ctx, key, p); err != nil {
			return nil, seen, err
		}
	}
	mem = newMemory(opAttach, key)
	mem.keeper.Store(newKeeper(p.system, seen))
	err = mem.attach(p, mode)
	if err == nil && p.traits().IDs && !p.isUsedLast(seen) {
		err = stillThere(key, p, seen)
	}
	if err != nil {
		mem.Close()
		return nil, seen, err
	}
	return mem, seen, nil
}

// settled waits until somebody is attached, or a file of memory has its size, but not
// for a creator that is gone and not for long.
func settled(ctx context.Context, key Key, p place) (ipc.Segment, error) {
	segment, err := p.find(opAttach, key)
	for waited := time.Duration(0); waited < settling && p.isComing(segment, err); waited += settlingStep {
		select {
		case <-ctx.Done():
			return segment, &Error{Op: opAttach, Key: key, Code: ErrBusy, Err: context.Cause(ctx),
				Msg: "it is being made, and not even who creates it is attached yet; try again"}
		case <-time.After(settlingStep):
		}
		segment, err = p.find(opAttach, key)
	}
	return segment, err
}

// isComing tells whether a look has seen a segment that is being made.
func (p place) isComing(segment ipc.Segment, err error) bool {
	if p.traits().MemoryFiles {
		return isNotFound(err) && ipc.IsPartial(err)
	}
	return err == nil && segment.Attached == 0 && segment.HasCreator()
}

// isUsedLast tells whether this program is the last to have attached to the segment that
// was seen, which its key still leads to.
func (p place) isUsedLast(seen ipc.Segment) bool {
	if !p.traits().Processes {
		return false
	}
	now, err := p.system.SegmentByID(seen.ID)
	return err == nil && now.Key == seen.Key && now.Last == os.Getpid()
}

// stillThere makes sure that the segment was not removed, by the last one to
// detach, between the look and the attach: the key would lead elsewhere, and
// what we hold would be nobody else's.
func stillThere(key Key, p place, seen ipc.Segment) error {
	segment, err := p.look(opAttach, key)
	if err != nil {
		return err
	}
	if segment.ID != seen.ID {
		return &Error{Op: opAttach, Key: key, Code: ErrNotFound, Msg: "it was replaced meanwhile; attach again"}
	}
	return nil
}
