package qtbridge

import (
	"context"
)

// attach attaches to the segment at p, which may come and go meanwhile.
func attach(ctx context.Context, key Key, p place, mode Mode) (*Segment, error) {
	var l *lock
	if p.lock != "" {
		l = newLock(key, p.lock)
	}
	var mem *memory
	var err error
	for range retries {
		if mem, err = attachOnce(ctx, key, p, mode, l); !isPassing(err) {
			break
		}
		if _, gone := look("attach", key, p.segment); gone != nil {
			err = gone // more to the point than Qt's words
			break
		}
	}
	if err != nil {
		if l != nil {
			l.drop()
		}
		return nil, err
	}
	return newSegment(newAttachment(key, p.segment, mem, l), mode), nil
}
