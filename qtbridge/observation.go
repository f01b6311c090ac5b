package qtbridge

import (
	"bytes"
	"context"
	"time"

	"qtinterop/internal/fault"
	"qtinterop/internal/ipc"
)

const (
	// heldLimit is how long the lock may keep us from a message before we tell.
	heldLimit = time.Second
	// heldTries is how often to find the lock taken before queueing for it, and
	// heldWait how long.
	heldTries = 3
	heldWait  = 20 * time.Millisecond
	// large is the size from which a copy takes about as long as a change of threads: to
	// come back later is not worth it.
	large = 1 << 20
	// agreeTries is how often a look reads a segment without a lock.
	agreeTries = 10
	// unfilledShare is the part of Settle for which a new segment may be all zero, as
	// before it is filled.
	unfilledShare = 10
)

// observation is what a watcher knows of a segment, and how it looks at it. It
// belongs to the loop that leads.
type observation struct {
	key   Key
	place place
	opts  WatchOptions

	message    Message         // the last one; its Data is not for receivers
	spare      []byte          // room for the next Data
	copied     bool            // the wait has copied it there
	id         int             // of its segment
	shown      bool            // there is a segment, as far as the last message says
	attachment watchAttachment // for a copy at most, unless to stay

	lock       ipc.Lock // to be waited for; nil if there is none
	unwaitable int      // a semaphore that cannot be waited for, plus 1
	lost       bool     // the lock may be another one
	absent     bool     // since the last message there was no segment, if for a moment only

	begun    []byte // of a new segment that may be being filled, as the look before saw it
	begunID  int    // of that segment
	doubtful bool   // the message may be the beginning of one

	transient   transient
	transientID int       // of which segment
	since       time.Time // when transient began
	held        int       // how many looks in a row found the lock taken
	heldSince   time.Time
}

func newObservation(key watchKey) observation {
	return observation{
		key: key.key, place: key.place, opts: key.opts,
		attachment: watchAttachment{key: key.key, place: key.place, id: -1},
	}
}

// transient is a state that is to be reported only if it lasts.
type transient int

const (
	lasting  transient = iota // none
	gone                      // there was a segment, and there is none
	coming                    // a segment is being made
	unfilled                  // a new segment, all zero
	closed                    // a segment that cannot be attached to
)

// lookSafely is look where the memory of a segment need not be there.
func (o *observation) lookSafely(now time.Time, means Means) (seen, error) {
	if !o.place.traits().MemoryFiles {
		return o.look(now, means)
	}
	var found seen
	var err error
	if !fault.Guard(o.memory, func() { found, err = o.look(now, means) }) {
		return found, err
	}
	id := o.attachment.id
	o.leave()
	if !o.lasts(closed, id, now) {
		return unsettled, nil
	}
	return nothing, missingError(opWatch, o.key)
}

func (o *observation) memory() []byte { return o.attachment.data }

// look looks at the segment, and copies its content if that is new: then it is
// in message. What a key file tells of is another segment, or none: the one we
// know need not be attached to for that.
func (o *observation) look(now time.Time, means Means) (seen, error) {
	if o.copied {
		o.copied = false
		return o.compare(o.spare[:len(o.attachment.data)], false, o.id), nil
	}
	if means == ByLock && o.differs() {
		return o.take(now, false, o.id)
	}
	state, err := o.see()
	switch {
	case isNotFound(err):
		o.leave()
		return o.lookAtNothing(now, err), nil
	case err != nil:
		o.leave()
		return nothing, err
	}
	if o.attachment.isAttached() && (o.attachment.id != state.ID || state.Attached == 1) {
		o.leave() // and let it go, if we are the last
		return unsettled, nil
	}
	if state.Attached == 0 {
		return o.lookAtUnattached(now, state), nil
	}
	if means == ByKeyFile && o.shown && state.ID == o.id && !o.differs() {
		o.transient = lasting
		return nothing, nil
	}
	return o.lookInside(now, state)
}

// lasts notes a transient state, and tells whether it is there for long enough.
func (o *observation) lasts(state transient, id int, now time.Time) bool {
	limit := o.opts.Settle
	if state == unfilled {
		limit /= unfilledShare
	}
	if o.transient != state || o.transientID != id {
		o.transient, o.transientID, o.since = state, id, now
	}
	return now.Sub(o.since) >= limit
}

// lookAtNothing tells whether a segment that is not there is being made, or gone.
func (o *observation) lookAtNothing(now time.Time, err error) seen {
	o.absent = true
	switch partial := ipc.IsPartial(err); {
	case partial && !o.lasts(coming, 0, now):
		return unsettled
	case !partial && o.shown && !o.lasts(gone, 0, now):
		return waning
	}
	return o.noteGone()
}

// lookAtUnattached does not attach to a segment that nobody is attached to:
// detaching would remove it. It is either about to be used, or left behind.
func (o *observation) lookAtUnattached(now time.Time, state ipc.Segment) seen {
	switch isMade := state.HasCreator(); {
	case isMade && !o.lasts(coming, state.ID, now):
		return unsettled
	case !isMade && o.shown && !o.lasts(gone, 0, now):
		return waning
	}
	return o.noteGone()
}

// noteGone makes a message of it that the segment is gone, if that is news.
func (o *observation) noteGone() seen {
	if !o.shown {
		return nothing
	}
	o.shown, o.transient = false, lasting
	return o.note(nil, Removed, 0)
}

func (o *observation) lookInside(now time.Time, state ipc.Segment) (seen, error) {
	if !o.attachment.isAttached() {
		if err := o.attachment.attach(state); err != nil {
			if isPassing(err) && !o.lasts(closed, state.ID, now) {
				return unsettled, nil
			}
			return nothing, err
		}
	}
	if !o.opts.Stay || !state.HasCreator() {
		defer o.leave()
	}
	isNew := o.isNew(state)
	switch {
	case !isNew && bytes.Equal(o.attachment.data, o.message.Data):
		o.transient, o.held = lasting, 0
		return nothing, nil
	case o.isUnfilled(isNew) && !o.lasts(unfilled, state.ID, now),
		o.isPartlyFilled(isNew) && !o.agrees(state.ID):
		return unsettled, nil
	}
	doubtful := o.isPartlyFilled(isNew)
	found, err := o.take(now, isNew, state.ID)
	if found == news {
		o.doubtful = doubtful
	}
	return found, err
}

// take makes a message of what is attached to.
func (o *observation) take(now time.Time, isNew bool, id int) (seen, error) {
	content, seen, err := o.copy(now, o.attachment.data)
	if content == nil {
		return seen, err
	}
	return o.compare(content, isNew, id), nil
}

// compare makes a message of content, if that is new.
func (o *observation) compare(content []byte, isNew bool, id int) seen {
	o.transient, o.held = lasting, 0
	if isNew {
		o.shown = true
		return o.note(content, Created, id)
	}
	if bytes.Equal(content, o.message.Data) {
		return nothing // it was a change under way, and taken back
	}
	return o.note(content, Changed, id)
}

// note makes a message, and room for the next one of the last: by the time that is used,
// receivers have been told of this one, and are done with what they took, or have copies.
func (o *observation) note(content []byte, cause Cause, id int) seen {
	o.spare = o.message.Data
	o.message = Message{Data: content, Seq: o.message.Seq + 1, Time: time.Now(), Cause: cause}
	o.id, o.absent = id, false
	return news
}

// leave detaches. As the last one to do so it takes the lock before, if that is
// free: Qt removes the segment then. What a crash left stays, but for one who stayed
// attached himself: meanwhile a crash looks like an end.
func (o *observation) leave() {
	if !o.attachment.isAttached() {
		return
	}
	lock, last := o.findLock(), o.attachment.lastDetach()
	held := lock != nil && last != notLast && lock.Take(1, 0) == nil
	o.attachment.detach(last == keeps && !o.opts.Stay)
	if held {
		_ = lock.Give()
	}
}

// end leaves nothing behind.
func (o *observation) end() {
	o.leave()
	o.closeLock()
	o.attachment.close()
}

// copy copies data under the lock, or until two reads agree where there is none.
// Without a copy it says what to do.
func (o *observation) copy(now time.Time, data []byte) ([]byte, seen, error) {
	lock, done := o.openLock()
	o.spare = roomFor(len(data), o.spare)
	if lock == nil {
		content, ok := copyStable(context.Background(), o.spare, data, agreeTries)
		if !ok || o.isForsaken() {
			return nil, unsettled, nil
		}
		return content, news, nil
	}
	defer done()
	mapIn(data)
	err := lock.Take(1, 0)
	if err == ipc.ErrTaken && (o.held >= heldTries || len(data) >= large) {
		err = lock.Take(1, heldWait)
	}
	switch err {
	case nil:
	case ipc.ErrTaken:
		seen, err := o.isHeld(now)
		return nil, seen, err
	case ipc.ErrGone:
		o.lost = true
		return nil, unsettled, nil
	default:
		return nil, nothing, systemError(opWatch, o.key, err)
	}
	if o.attachment.lastDetach() == keeps {
		_ = lock.Give() // which the kernel gave us: who had it was killed, halfway perhaps
		o.leave()
		return nil, unsettled, nil
	}
	content, agreed, lost := o.copyAndGive(lock, data)
	if lost != nil {
		o.lost = true // somebody reset it, and may have written meanwhile
		return nil, unsettled, nil
	}
	if !agreed {
		return nil, unsettled, nil
	}
	return content, news, nil
}

// isForsaken tells whether all others are gone, where an object ends with the last who has it
// open: so there may be no lock any more because its holder was killed, halfway perhaps.
func (o *observation) isForsaken() bool {
	if o.place.Lock == "" || !o.place.traits().LooksHold {
		return false
	}
	state, err := o.see()
	return err != nil || state.Attached <= 1
}

// copyAndGive copies data and gives back the lock, also if data cannot be touched.
func (o *observation) copyAndGive(lock ipc.Lock, data []byte) (content []byte, agreed bool, lost error) {
	defer func() { lost = lock.Give() }()
	content, agreed = o.copyLocked(data)
	return content, agreed, nil
}

// copyLocked copies data while the lock is held. With a native key that does not say
// that nobody writes: programs of Qt before 6.6 do not lock.
func (o *observation) copyLocked(data []byte) (content []byte, agreed bool) {
	if o.place.someDoNotLock() {
		return copyStable(context.Background(), o.spare, data, agreeTries)
	}
	return append(o.spare, data...), true
}

// isHeld notes that the lock is taken. The wait that begins next tells when it is
// given back.
func (o *observation) isHeld(now time.Time) (seen, error) {
	if o.held++; o.held == 1 {
		o.heldSince = now
	}
	if now.Sub(o.heldSince) < heldLimit {
		return kept, nil
	}
	return kept, &Error{Op: opWatch, Key: o.key, Code: ErrLocked,
		Msg: "the content has changed, but cannot be read: " + o.place.system.Holder(o.place.Place, true)}
}

// findLock returns the lock, if it can be waited for, else nil.
func (o *observation) findLock() ipc.Lock {
	if o.lost && o.place.Lock != "" && o.place.traits().LockWakes {
		o.closeLock()
		lock, err := o.place.system.Lock(o.place.Place)
		switch {
		case err != nil:
		case lock.ID() == o.unwaitable-1:
			lock.Close()
		default:
			o.lock = lock
		}
	}
	o.lost = false
	return o.lock
}

func (o *observation) closeLock() {
	if o.lock != nil {
		o.lock.Close()
		o.lock = nil
	}
}

// semaphore is the id of the lock, to be waited for, and -1 if there is none.
func (o *observation) semaphore() int {
	if lock := o.findLock(); lock != nil {
		return lock.ID()
	}
	return -1
}

// openLock returns the lock, nil if there is none, for the time of a copy; done
// ends it. What cannot be waited for is not kept open in between.
func (o *observation) openLock() (lock ipc.Lock, done func()) {
	if o.place.traits().LockWakes {
		return o.findLock(), func() {}
	}
	if o.place.Lock == "" {
		return nil, nil
	}
	lock, err := o.place.system.Lock(o.place.Place)
	if err != nil {
		return nil, nil
	}
	return lock, lock.Close
}

// woke takes in how a wait for semaphore id ended, and tells whether that is a
// reason to look.
func (o *observation) woke(id int, err error) Means {
	switch {
	case err == nil:
		return ByLock
	case err == ipc.ErrCopied:
		o.copied = true
		return ByLock
	case err == ipc.ErrDifferent, err == ipc.ErrTimeout:
		return ByPoll
	case err == ipc.ErrInterrupted:
		return 0
	case err != ipc.ErrGone:
		o.unwaitable = id + 1 // as that of another user
	}
	o.lost = true
	return ByLock
}

// compared returns the memory and the copy to compare it with, if we stay.
func (o *observation) compared() (data, last []byte) {
	if !o.attachment.isAttached() || !o.shown || o.attachment.id != o.id {
		return nil, nil
	}
	return o.attachment.data, o.message.Data
}

// room is where a wait copies data to, if it is to: what is written without the lock is for
// a look to copy, which reads twice.
func (o *observation) room(data []byte) []byte {
	if data == nil || o.place.someDoNotLock() {
		return nil
	}
	o.spare = roomFor(len(data), o.spare)
	return o.spare[:len(data)]
}

// differs tells whether the content is another one, if we stay.
func (o *observation) differs() bool {
	data, last := o.compared()
	if data == nil {
		return false
	}
	differ := func() bool { return !bytes.Equal(data, last) }
	if !o.place.traits().MemoryFiles {
		return differ()
	}
	var different bool
	missing := fault.Guard(o.memory, func() { different = differ() })
	return different || missing
}

// see tells whether there is a segment and in which state, without attaching; but
// where a look has it open as who attaches does, to attach is the shortest look
// that there is, and a create() of the peer fails meanwhile.
func (o *observation) see() (ipc.Segment, error) {
	if !o.place.traits().LooksHold || o.attachment.isAttached() {
		return o.place.find(opWatch, o.key)
	}
	return ipc.Segment{Attached: 2}, o.attachment.attach(ipc.Segment{})
}

// isOther tells whether there is another segment than at the last look, or none.
// Without ids it takes a whole look to tell.
func (o *observation) isOther() bool {
	if !o.place.traits().IDs {
		return false
	}
	state, err := o.place.system.Segment(o.place.Place)
	if err != nil {
		return o.shown || o.transient != lasting
	}
	return state.ID != o.id && state.Attached != 0
}

// isNew tells whether it is another segment than that of the last message, for
// sure.
func (o *observation) isNew(state ipc.Segment) bool {
	if o.place.traits().IDs {
		return !o.shown || state.ID != o.id
	}
	return !o.shown || o.absent || len(o.attachment.data) != len(o.message.Data)
}

// isUnfilled tells whether a new segment, or one that can be new, may have no content
// yet: it is all zero.
func (o *observation) isUnfilled(isNew bool) bool {
	return (isNew || !o.place.traits().IDs) && isZero(o.attachment.data)
}

// isPartlyFilled tells whether a new segment, or one that can be new, may have a part
// of its content: its end is zero, as that of the message before was not, and nothing
// kept us out while it was being filled.
func (o *observation) isPartlyFilled(isNew bool) bool {
	t, data := o.place.traits(), o.attachment.data
	if !isNew && (t.IDs || isZero(lastPage(o.message.Data, t.Page))) {
		return false
	}
	return isZero(lastPage(data, t.Page)) && !o.hasLock()
}

// agrees tells whether a segment is as the look before saw it, and notes how it is.
func (o *observation) agrees(id int) bool {
	if o.begunID == id && bytes.Equal(o.begun, o.attachment.data) {
		return true
	}
	o.begun, o.begunID = append(o.begun[:0], o.attachment.data...), id
	return false
}

func lastPage(data []byte, page int) []byte { return data[max(0, len(data)-page):] }

// hasLock tells whether there is a lock.
func (o *observation) hasLock() bool {
	if o.place.traits().LockWakes {
		return o.findLock() != nil
	}
	if o.place.Lock == "" {
		return false
	}
	_, err := o.place.system.Semaphore(o.place.Place)
	return err == nil
}
