package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qtinterop/internal/fault"
	"qtinterop/native"
)

// opPublish is the Op of a Publisher's errors.
const opPublish = "publish"

const (
	// firstPause is how long to wait for readers before looking again; each
	// pause is twice the one before.
	firstPause = 50 * time.Microsecond
	// longestPause is a fraction of the interval at which pollers come.
	longestPause = 2 * time.Millisecond
	// longWait is how long to wait for readers before the user is told.
	longWait = time.Second
)

// publication is what a Publisher has in the system.
type publication struct {
	key     Key
	place   place
	inPlace int           // size of the one segment; 0 if there is one for each message
	notice  func(error)   // see PublisherOptions; may be nil
	busy    chan struct{} // full while somebody publishes; what follows is theirs
	now     *attachment   // the segment to be read; nil if there is none
	made    bool          // there was one, and it has not been seen that it is gone
	id      int           // of the present segment, or of the last there was
	lost    bool          // the lock may be lost, as the segment was
	// lock is one for all segments, so that who waits for it does not see it go
	// with each message; nil where native keys have none.
	lock  *lock
	owner bool // of the lock, as by create() of Qt, where there are owners
}

func newPublication(key Key, at place, inPlace int, notice func(error)) *publication {
	p := &publication{key: key, place: at, inPlace: inPlace, notice: notice, busy: make(chan struct{}, 1), owner: !at.traits().SemaphoreOwners}
	if at.Lock != "" {
		p.lock = newLock(key, at)
	}
	return p
}

// publish publishes data, unless ctx or closing ends first.
func (p *publication) publish(ctx context.Context, closing <-chan struct{}, data []byte) error {
	if err := p.begin(ctx, closing); err != nil {
		return err
	}
	defer func() { <-p.busy }()
	for {
		err := p.put(ctx, closing, data)
		if !isExists(err) && !errors.Is(err, ErrBusy) || errors.Is(err, errApart) {
			return err
		}
		if err := p.wait(ctx, closing); err != nil {
			return err
		}
	}
}

func (p *publication) begin(ctx context.Context, closing <-chan struct{}) error {
	if ctx.Err() != nil {
		return p.timeout(ctx, "before it began; nothing was touched")
	}
	select {
	case p.busy <- struct{}{}:
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
	p.findSegment(ctx)
	write := func() error { return p.fill(data) }
	step := write
	if p.inPlace == 0 || p.now == nil {
		if err := p.checkSize(len(data)); err != nil {
			return err
		}
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

// checkSize is an error if there cannot be a segment for a message: that is found out
// before the one before is let go. One that is no longer finds the room of that.
func (p *publication) checkSize(size int) error {
	before := 0
	if p.now != nil {
		before = len(p.now.data)
	}
	if before > 0 && size <= before {
		return nil
	}
	return p.creation(size).checkSizeInPlaceOf(int64(before))
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
	if p.now != nil || p.place.traits().MemoryFiles && p.isOurs() {
		return nil
	}
	_, err := p.creation(0).checkFirst()
	return err
}

func (p *publication) creation(size int) *creation {
	if p.inPlace > 0 {
		size = p.inPlace
	}
	return &creation{op: opPublish, key: p.key, place: p.place, size: size, mode: ReadWrite,
		keepsFile: p.lock != nil && p.lock.sharesFile()}
}

// underLock calls f while it holds the lock, if there is one.
func (p *publication) underLock(ctx context.Context, closing <-chan struct{}, f func() error) error {
	if p.lock == nil {
		return f()
	}
	if err := p.readyKeyFile(); err != nil {
		return err
	}
	before := p.lock.id()
	if err := p.lock.acquireUnjammed(&request{ctx: ctx, closing: closing, op: opPublish}); err != nil {
		return p.lock.passing(err)
	}
	if p.lock.sharesFile() && p.lock.id() != before {
		p.owner = false // somebody has removed the one before
	}
	p.lock.removeStray()
	err := f()
	if err == nil && !p.owner {
		return p.takeOver()
	}
	if isExists(err) && !p.owner {
		p.lock.disown() // who was faster relies on the semaphore, even if it is of our making
	}
	if lost := p.lock.release(opPublish); err == nil {
		err = lost
	}
	return err
}

// readyKeyFile makes sure that a lock which hangs on the key file of the segment will be
// on that of the segment to come. Others can have deleted it: of a file that a segment of
// ours hangs on, which the lock did too, obstacle tells.
func (p *publication) readyKeyFile() error {
	if !p.lock.sharesFile() || p.now != nil {
		return nil
	}
	if p.lock.forgetAstray() {
		p.owner = false
	}
	if p.lock.open.Load() != nil {
		return nil
	}
	return p.lock.makeKeyFile(opPublish)
}

// takeOver has Qt reset the lock and make it ours, as its create() does. That gives
// it back as well.
func (p *publication) takeOver() error {
	defer p.lock.local.leave()
	err := p.lock.takeOver(opPublish)
	if err != nil {
		_ = p.leave()
		_ = p.lock.give()
	}
	p.owner = err == nil
	return err
}

// fill writes data, and zeros after it, into the segment.
func (p *publication) fill(data []byte) error {
	write := func() { clear(p.now.data[copy(p.now.data, data):]) }
	if !p.place.traits().MemoryFiles {
		write()
	} else if fault.Guard(func() []byte { return p.now.data }, write) {
		return missingError(opPublish, p.key)
	}
	return nil
}

// renew puts a new segment with data in the place of the one that is there.
func (p *publication) renew(ctx context.Context, data []byte) error {
	c := p.creation(len(data))
	mem, err := p.replace(c)
	if err != nil {
		p.rejoin(ctx)
		if c.keepsFile {
			err = p.lock.passing(err)
		}
		return err
	}
	if c.keepsFile {
		p.lock.ownsFile = true // as Qt deletes it with the last segment, whoever made it
	}
	p.now = newAttachment(p.place, mem, nil, unknownID)
	if err := p.fill(data); err != nil {
		return err
	}
	return p.identify()
}

func (p *publication) replace(c *creation) (*memory, error) {
	if p.now == nil {
		p.settle()
		if err := p.removeOwn(); err != nil {
			return nil, err
		}
		return c.createIfFree()
	}
	if err := p.obstacle(); err != nil {
		return nil, err
	}
	if c.keepsFile {
		c.pinned = p.now.mem.takePin()
		defer c.releasePin()
	}
	// The key leads to ours, and nobody else has it. If that fails, create meets what is
	// still there.
	removed, _ := p.now.mem.detachPinned()
	p.now = nil
	c.cleared = !native.HasNativeIpcKeys() // else a create() that meets a segment costs memory: closeFailed
	if err := p.removeOwn(); err != nil {
		return nil, err
	}
	if !c.keepsFile {
		p.settle()
	} else if c.pinned != nil && !removed {
		// A reader came in between, and will delete the file with the segment.
		p.settle()
		if _, ok := p.place.system.StillSegment(p.place.Place, p.id); ok {
			return nil, busyError(p.key, "a reader attached to the message before as that was let go; publish again")
		}
	}
	return c.create()
}

// wait waits until nothing is in the way of a new segment.
func (p *publication) wait(ctx context.Context, closing <-chan struct{}) error {
	p.knowLock()
	start, told := time.Now(), false
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
		if err != nil && !told && time.Since(start) >= longWait {
			told = true
			p.tell(err)
		}
		if ctx.Err() != nil {
			return p.timeout(ctx, "while others were attached: "+remedy(err))
		}
		if err == nil {
			return nil
		}
	}
}

// knowLock finds the lock of those who are waited for, who can delete its key file when
// they go: see removeStray.
func (p *publication) knowLock() {
	if p.lock != nil && p.lock.sharesFile() {
		_, _ = p.lock.look()
	}
}

// tell tells the user of what Publish sees to by itself.
func (p *publication) tell(err error) {
	if p.notice != nil {
		p.notice(err)
	}
}

func remedy(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Msg
	}
	return "they have detached only now; publish again"
}

func busyError(key Key, format string, args ...any) error {
	return &Error{Op: opPublish, Key: key, Code: ErrBusy, Msg: fmt.Sprintf(format, args...)}
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
	held := (p.now != nil || p.lock.isOwner()) && p.lock.tryHold(courtesy)
	err := p.leave()
	_ = p.removeOwn() // as detaching does elsewhere; readers keep it
	p.lock.close(held)
	return err
}
