package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"qtinterop/internal/ipc"
)

// creation is one attempt to create a segment.
type creation struct {
	op     string // whose errors these are
	key    Key
	place  place
	size   int
	mode   Mode
	strict bool               // a segment that a crash left behind is in the way too
	fill   func([]byte) error // fills the segment before the lock is given back; nil if nothing does
	// keepsFile: Qt is not to delete the key file with the segment, since more
	// segments will come and the lock hangs on it.
	keepsFile bool
	cleared   bool     // nothing was in the way a moment ago, so that the first attempt needs no look
	pinned    *ipc.Pin // of the segment before, for the first attempt; nil if there is none
}

// run looks first: create() of Qt, even one that fails, resets the lock that
// another process may hold.
func (c *creation) run(ctx context.Context) (*attachment, error) {
	found, err := c.checkFirst()
	if err != nil {
		return nil, err
	}
	if err := c.checkSizeInPlaceOf(found.Size); err != nil { // an orphan goes before
		return nil, err
	}
	if c.place.Lock != "" {
		return c.runLocked(ctx)
	}
	mem, err := c.createIfFree()
	if err != nil {
		return nil, err
	}
	return c.attachment(mem, nil), nil
}

// attachment is that of a segment that was made.
func (c *creation) attachment(mem *memory, l *lock) *attachment {
	id := unknownID
	if c.place.traits().IDs {
		if segment, err := c.place.system.Segment(c.place.Place); err == nil {
			id = segment.ID
		}
	}
	return newAttachment(c.place, mem, l, id)
}

// checkFirst is checkFree, and an error if the key file is in use where we do not see
// the segment. It takes a look at all processes if there is the file alone. The segment
// is an orphan, or has no size.
func (c *creation) checkFirst() (ipc.Segment, error) {
	segment, missing := c.place.look(c.op, c.key)
	err := c.checkFound(segment, missing)
	if err != nil || !c.place.traits().KeyFiles || !isNotFound(missing) || !ipc.IsPartial(missing) {
		return segment, err
	}
	if strangers := c.place.system.Strangers(c.place.Place); len(strangers) > 0 {
		return segment, apartError(c.op, c.key, c.place.Segment, strangers)
	}
	return segment, nil
}

// checkSizeInPlaceOf is an error if there cannot be a segment of the size, before anything
// is made.
func (c *creation) checkSizeInPlaceOf(freed int64) error {
	if err := c.place.system.CheckSize(int64(c.size), freed); err != nil {
		return systemError(c.op, c.key, err)
	}
	return nil
}

// checkFree is an error if there is a segment that is not an orphan, or
// something else in its place.
func (c *creation) checkFree() error {
	return c.checkFound(c.place.look(c.op, c.key))
}

// checkFound is checkFree of what was found.
func (c *creation) checkFound(segment ipc.Segment, err error) error {
	switch {
	case err == nil && (c.strict || !segment.IsOrphan()):
		return c.exists(segment)
	case err == nil:
		return c.place.checkRemoval(c.op, c.key)
	case c.place.traits().MemoryFiles && ipc.IsPartial(err):
		return &Error{Op: c.op, Key: c.key, Code: ErrExists, Err: err,
			Msg: "another program is making it, or was ended while it did; wait, or remove what is there with Recover"}
	case err != nil && !isNotFound(err):
		return err
	case c.place.traits().KeyFiles:
		return c.checkFile(err)
	}
	return nil
}

// checkFile keeps Qt from using somebody's own file as key file: the last one
// to detach would delete it. Missing is why there is no segment.
func (c *creation) checkFile(missing error) error {
	info, err := os.Stat(c.place.Segment)
	switch {
	case os.IsNotExist(err):
		return c.checkDirectory(missing)
	case err != nil:
		return fileError(c.op, c.key, err)
	case !isPlain(info):
		return &Error{Op: c.op, Key: c.key, Code: ErrKey,
			Msg: c.place.Segment + " is not an empty file as Qt makes one; Qt would delete it in the end; use another key"}
	}
	return nil
}

// isPlain tells whether a file is a key file as Qt makes them.
func isPlain(info os.FileInfo) bool { return info.Mode().IsRegular() && info.Size() == 0 }

func (c *creation) checkDirectory(missing error) error {
	info, err := os.Stat(filepath.Dir(c.place.Segment))
	e, ok := errors.AsType[*Error](missing)
	if !ok || err == nil && info.IsDir() {
		return nil
	}
	return keyError(c.op, c.key, e.Msg) // which says that there is no directory
}

func (c *creation) exists(segment ipc.Segment) error {
	t := c.place.traits()
	msg := segment.Describe(t)
	namesakes := c.place.system.Namesakes(c.place.Place)
	switch {
	case namesakes.Whose == ipc.WhoseTheirs:
		return c.place.namesakeError(c.op, c.key, ErrExists, namesakes)
	case t.MemoryFiles:
		msg += "; it stays with and without users: attach to it, or if nobody needs it, remove it with Recover"
	case !t.Processes:
		msg += "; attach to it, or let them detach first"
	case segment.IsOrphan():
		msg += ", left behind by a crash; attach to it to read it, and remove it with Recover"
	case segment.IsUnattended():
		msg = fmt.Sprintf("%d bytes, nobody attached, and it cannot be told whether its creator runs, which is in another pid namespace; if you know that it is gone, use Recover with Policy.AssumeGone",
			segment.Size)
	case segment.Attached == 0:
		msg = fmt.Sprintf("%d bytes, nobody attached, but process %d, which created it, still runs; attach to it, or end that program",
			segment.Size, segment.Creator)
	default:
		msg += fmt.Sprintf(", %d attached; attach to it, or let them detach first", segment.Attached)
	}
	return &Error{Op: c.op, Key: c.key, Code: ErrExists, Msg: msg + mayBeText(c.place, namesakes)}
}

// runLocked creates the segment while it holds the lock, so that no other
// process is between two steps of its own. It starts again when the lock turns out to
// be on a key file that others have deleted meanwhile.
func (c *creation) runLocked(ctx context.Context) (*attachment, error) {
	var a *attachment
	var err error
	for range retries {
		if a, err = c.runLockedOnce(ctx); !errors.Is(err, ErrBusy) {
			break
		}
		time.Sleep(settlingStep)
	}
	return a, err
}

func (c *creation) runLockedOnce(ctx context.Context) (*attachment, error) {
	l := newLock(c.key, c.place)
	if err := c.acquire(ctx, l); err != nil {
		l.close(false)
		return nil, err
	}
	mem, err := c.createIfFree()
	if err == nil && l.sharesFile() && !l.leadsHere() {
		mem.Close()
		err = l.lostFile(c.op)
	}
	if err == nil {
		// As create() of Qt does, reset the semaphore and become its owner:
		// that gives the lock back as well.
		if err = l.takeOver(c.op); err != nil {
			mem.Close()
		}
	}
	if err != nil {
		if isExists(err) {
			l.disown() // who was faster relies on the semaphore, even if it is of our making
		}
		l.close(true)
		l.local.leave()
		return nil, err
	}
	l.local.leave()
	return c.attachment(mem, l), nil
}

// acquire takes the lock, and has it made before if there is none.
func (c *creation) acquire(ctx context.Context, l *lock) error {
	if l.sharesFile() {
		if err := l.makeKeyFile(c.op); err != nil {
			return err
		}
	}
	err := l.acquireUnjammed(&request{ctx: ctx, op: c.op})
	if err != nil && l.ownsFile {
		l.removeKeyFile()
	}
	return l.passing(err)
}

func (c *creation) createIfFree() (*memory, error) {
	if err := c.checkFree(); err != nil {
		return nil, err
	}
	mem, err := c.create()
	if err != nil || c.fill == nil {
		return mem, err
	}
	if err := c.fill(mem.Data()); err != nil {
		mem.Close()
		return nil, err
	}
	return mem, nil
}

// create has Qt create the segment, with a fresh object each time: on Qt before
// 6.6 a create() with a native key spoils the object for the next. It starts
// again when a reader that came and went between the steps of Qt's create()
// took the segment with it.
func (c *creation) create() (*memory, error) {
	var err error
	for attempt := range retries {
		if attempt > 0 || !c.cleared {
			if err = c.reclaim(); err != nil {
				return nil, err
			}
		}
		mem := newMemory(c.op, c.key)
		if err = c.createWith(mem); err == nil {
			return mem, nil
		}
		mem.closeFailed(err)
		if !isPassing(err) {
			break
		}
		time.Sleep(settlingStep)
	}
	return nil, err
}

func (c *creation) createWith(mem *memory) error {
	if !c.keepsFile {
		return mem.create(c.place, c.size, c.mode)
	}
	pinned := c.pinned
	c.pinned = nil
	if pinned == nil {
		var err error
		if pinned, err = newPin(c.op, c.key, c.place); err != nil {
			return err
		}
	}
	return mem.createPinned(c.place, pinned, c.size, c.mode)
}

// releasePin is for a pin that nothing was created with.
func (c *creation) releasePin() {
	if c.pinned != nil {
		c.pinned.Release()
		c.pinned = nil
	}
}

// reclaim removes an orphan. It never does while anybody is attached. A key file that
// our lock hangs on stays.
func (c *creation) reclaim() error {
	if !c.place.traits().DetachRemoves {
		return nil // there are none
	}
	segment, err := c.place.system.Segment(c.place.Place)
	switch {
	case ipc.IsNotFound(err):
		return nil // the usual case, and the words for it are not needed
	case err != nil:
		return systemError(c.op, c.key, err)
	case !segment.IsOrphan():
		return c.exists(segment)
	}
	if err := c.place.checkRemoval(c.op, c.key); err != nil {
		return err
	}
	return attachAndDetach(c.op, c.key, func(m *memory) error {
		if c.key.IsNative() {
			return m.attachPinned(c.place)
		}
		return m.attach(c.place, ReadOnly)
	})
}
