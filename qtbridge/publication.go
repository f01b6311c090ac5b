package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"qtinterop/native"
)

const (
	// firstPause is how long to wait for readers before looking again; each
	// pause is twice the one before.
	firstPause = 50 * time.Microsecond
	// longestPause is a fraction of the interval at which pollers come.
	longestPause = 2 * time.Millisecond
)

// publication is what a Publisher has in the system.
type publication struct {
	key     Key
	place   place
	inPlace int           // size of the one segment; 0 if there is one for each message
	turn    chan struct{} // full while somebody publishes; what follows is theirs
	now     *attachment   // the segment to be read; nil if there is none
	id      int           // of that segment, or of the last there was; -1 if never
	// lock is one for all segments, so that who waits for it does not see it go
	// with each message; nil for native keys.
	lock  *lock
	owner bool // of the lock, as by create() of Qt
}

func newPublication(key Key, at place, inPlace int) *publication {
	p := &publication{key: key, place: at, inPlace: inPlace, turn: make(chan struct{}, 1), id: -1}
	if at.lock != "" {
		p.lock = newLock(key, at.lock)
	}
	return p
}

// publish publishes data, unless ctx or closing ends first.
func (p *publication) publish(ctx context.Context, closing <-chan struct{}, data []byte) error {
	if err := p.takeTurn(ctx, closing); err != nil {
		return err
	}
	defer func() { <-p.turn }()
	for {
		err := p.put(ctx, closing, data)
		if !errors.Is(err, ErrExists) && !errors.Is(err, ErrBusy) {
			return err
		}
		if err := p.wait(ctx, closing); err != nil {
			return err
		}
	}
}

func (p *publication) takeTurn(ctx context.Context, closing <-chan struct{}) error {
	if ctx.Err() != nil {
		return p.timeout(ctx, "before it began; nothing was touched")
	}
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-closing:
		return closedError(opPublish, p.key)
	case <-ctx.Done():
		return p.timeout(ctx, "while another Publish of the same Publisher is under way; wait longer")
	}
}

// put puts data into a new segment, or into the one that is kept. It does not
// wait for readers: they are an ErrExists or ErrBusy.
func (p *publication) put(ctx context.Context, closing <-chan struct{}, data []byte) error {
	write := func() error { p.fill(data); return nil }
	step := write
	if p.inPlace == 0 || p.now == nil {
		if err := p.prepare(ctx); err != nil {
			return err
		}
		step = func() error { return p.renew(ctx, data) }
	}
	err := p.underLock(ctx, closing, step)
	if errors.Is(err, ErrLockLost) {
		return p.putAgain(ctx, closing, write, err)
	}
	return err
}

// putAgain writes once more what somebody who had the lock meanwhile may have
// written over. If it cannot, the loss is what the caller must know.
func (p *publication) putAgain(ctx context.Context, closing <-chan struct{}, write func() error, lost error) error {
	for range retries {
		err := p.underLock(ctx, closing, write)
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrLockLost) {
			break
		}
	}
	return lost
}

// prepare looks, without the lock, whether the first segment can be made.
func (p *publication) prepare(ctx context.Context) error {
	if p.now == nil {
		p.rejoin(ctx)
	}
	if p.now != nil {
		return nil
	}
	return p.creation(0).checkFree()
}

func (p *publication) creation(size int) *creation {
	if p.inPlace > 0 {
		size = p.inPlace
	}
	return &creation{op: opPublish, key: p.key, place: p.place, size: size, mode: ReadWrite}
}

// underLock calls f while it holds the lock, if there is one.
func (p *publication) underLock(ctx context.Context, closing <-chan struct{}, f func() error) error {
	if p.lock == nil {
		return f()
	}
	if err := p.lock.acquireUnjammed(ctx, closing, opPublish); err != nil {
		return err
	}
	err := f()
	if err == nil && !p.owner {
		return p.own()
	}
	if errors.Is(err, ErrExists) && !p.owner {
		// Who was faster relies on the semaphore, even if it is of our making.
		p.lock.dispose(false)
	}
	if lost := p.lock.release(opPublish); err == nil {
		err = lost
	}
	return err
}

// own has Qt reset the lock and make it ours, as its create() does. That gives
// it back as well.
func (p *publication) own() error {
	defer p.lock.gate.leave()
	err := p.lock.own(opPublish)
	if err != nil {
		_ = p.leave()
		p.lock.giveBriefly()
	}
	p.owner = err == nil
	return err
}

// fill writes data, and zeros after it, into the segment.
func (p *publication) fill(data []byte) {
	clear(p.now.data[copy(p.now.data, data):])
}

// renew puts a new segment with data in the place of the one that is there.
func (p *publication) renew(ctx context.Context, data []byte) error {
	mem, err := p.replace(p.creation(len(data)))
	if err != nil {
		p.rejoin(ctx)
		return err
	}
	p.now = newAttachment(p.key, p.place.segment, mem, nil)
	copy(p.now.data, data) // the rest is zero
	return p.identify()
}

func (p *publication) replace(c *creation) (*memory, error) {
	if p.now == nil {
		p.settle()
		return c.makeIfFree()
	}
	if err := p.obstacle(); err != nil {
		return nil, err
	}
	// If that fails, make meets what is still there.
	_ = p.leave()
	p.settle()
	return c.make()
}

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

// wait waits until nothing is in the way of a new segment.
func (p *publication) wait(ctx context.Context, closing <-chan struct{}) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		select {
		case <-closing:
			return closedError(opPublish, p.key)
		case <-ctx.Done():
		case <-time.After(pause):
		}
		err := p.obstacle()
		if err != nil && !errors.Is(err, ErrBusy) {
			return err
		}
		if ctx.Err() != nil {
			return p.timeout(ctx, "while others were attached: "+remedy(err))
		}
		if err == nil {
			return nil
		}
	}
}

func remedy(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Msg
	}
	return "they have detached only now; publish again"
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
	case alive(state.Creator) || p.now != nil:
		return p.exists(state)
	case state.Attached > 0:
		return p.busy("%d are attached to a segment of process %d, which is gone; let them detach",
			state.Attached, state.Creator)
	}
	return nil // an orphan
}

func (p *publication) busy(format string, args ...any) error {
	return &Error{Op: opPublish, Key: p.key, Code: ErrBusy, Msg: fmt.Sprintf(format, args...)}
}

func (p *publication) exists(state native.SegmentState) error {
	msg := fmt.Sprintf("%d bytes, created by process %d; end that program, or use another key", state.Size, state.Creator)
	if state.Creator == os.Getpid() {
		msg = fmt.Sprintf("%d bytes, created by another Publisher or Segment of this process, %d; close that, or use another key",
			state.Size, state.Creator)
	}
	return &Error{Op: opPublish, Key: p.key, Code: ErrExists, Msg: msg}
}

func (p *publication) timeout(ctx context.Context, when string) error {
	return &Error{Op: opPublish, Key: p.key, Code: ErrBusy, Err: context.Cause(ctx),
		Msg: context.Cause(ctx).Error() + " " + when}
}

// leave detaches from the segment, which as the last one removes it.
func (p *publication) leave() error {
	if p.now == nil {
		return nil
	}
	err := p.now.detach()
	p.now = nil
	return err
}

// close undoes everything, as the detach of an attachment does: with the lock
// in hand, if it can be had.
func (p *publication) close() error {
	if p.lock == nil {
		return p.leave()
	}
	defer p.lock.drop()
	if p.now == nil && !p.lock.isOwner() {
		return nil
	}
	guarded := p.lock.tryBriefly(courtesy)
	err := p.leave()
	p.lock.dispose(guarded)
	if guarded {
		p.lock.giveBriefly()
	}
	return err
}
