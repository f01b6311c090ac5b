package qtbridge

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// recovery does what Recover found to do. Only one works in a directory at a time,
// on the whole system; programs that know nothing of it may come at any moment.
type recovery struct {
	key    Key
	place  place
	policy Policy
	done   []Action
}

// run looks and mends until there is nothing left to do. A lock that is only
// held for a moment, as by readers, is waited for.
func (r *recovery) run(ctx context.Context) error {
	deadline := time.Now().Add(courtesy)
	for range recoverRounds {
		again, err := r.round(ctx)
		for errors.Is(err, ErrLocked) && time.Now().Before(deadline) && ctx.Err() == nil {
			time.Sleep(settlingStep)
			again, err = r.round(ctx)
		}
		if errors.Is(err, ErrLocked) && slices.Contains(r.done, ResetLock) {
			return nil // who waited for the lock has it by now
		}
		if err != nil || !again {
			return err
		}
	}
	return recoverError(r.key, ErrBusy, "it does not hold still, others create and remove it all the time; try again")
}

// round takes one look, and acts on it. It tells whether there was something to
// do.
func (r *recovery) round(ctx context.Context) (bool, error) {
	state, err := inspect(opRecover, r.key, r.place)
	if err != nil {
		return false, err
	}
	if state.Elsewhere != (Key{}) {
		return false, elsewhereError(opRecover, r.key, r.place)
	}
	if r.policy.AssumeGone && r.place.traits().Processes && (!state.Lock.isHeldByUnknown() || r.staysHeld(ctx)) {
		state.assumeGone()
	}
	actions, err := plan(&state, r.place, r.policy)
	if err != nil || len(actions) == 0 {
		return false, err
	}
	return r.act(&state, actions)
}

func (r *recovery) did(a Action) { r.done = append(r.done, a) }

// act does what the actions say. It tells whether to look again.
func (r *recovery) act(state *State, actions []Action) (again bool, err error) {
	switch actions[0] {
	case ResetLock:
		if !r.place.traits().CreateResets {
			if state.Verdict == LockOpen {
				return true, r.lowerLock()
			}
			// Who waited has the lock by then, and is not to be looked at again.
			return false, r.breakLock(state)
		}
		return true, r.resetLock()
	case GiveLock:
		if err := handOver(opRecover, r.key, r.place); err != nil {
			return false, err
		}
		r.did(GiveLock)
		return true, nil
	case MakeLock:
		return true, r.makeLock(state.Segment.ID)
	}
	if r.place.traits().MemoryFiles {
		return true, r.removeFiles(state, actions)
	}
	return true, r.remove(state, actions)
}

// removeFiles removes what Qt has no call for, unless somebody has it open by now.
func (r *recovery) removeFiles(state *State, actions []Action) error {
	for _, a := range actions {
		name, id := r.place.Segment, state.Segment.ID
		if a == RemoveLock {
			name, id = r.place.Lock, state.Lock.ID
		}
		if err := r.place.system.Remove(name, id); err != nil && !ipc.IsNotFound(err) {
			return systemError(opRecover, r.key, err)
		}
		r.did(a)
	}
	return nil
}

// lowerLock takes from a lock that lets in several, and gives nothing back.
func (r *recovery) lowerLock() error {
	lock, err := r.place.system.Lock(r.place.Place)
	if err != nil {
		return nil // gone, with who had it open
	}
	defer lock.Close()
	if state, err := r.place.system.Semaphore(r.place.Place); err == nil && state.Value > 1 && lock.Take(1, 0) == nil {
		r.did(ResetLock)
	}
	return nil
}

// resetLock sets a jammed lock free, or one that lets in several to 1. The object that does it would remove the
// semaphore in the end, from under those who need it, and so is kept.
func (r *recovery) resetLock() error {
	lock, err := r.place.system.Semaphore(r.place.Place)
	if err != nil || lock.Value == 1 || lock.Value == 0 && !r.isForsaken(&lock) {
		return nil // it has changed; look again
	}
	return r.keepLock(native.Create, ResetLock)
}

// isForsaken tells whether who used the lock last is gone, or to be taken for that.
func (r *recovery) isForsaken(lock *ipc.Semaphore) bool {
	return lock.IsForsaken() || r.policy.AssumeGone && lock.Last == 0
}

// staysHeld tells whether the lock, whose last user may be assumed to be gone, stays as
// it is for a while.
func (r *recovery) staysHeld(ctx context.Context) bool {
	before, err := r.place.system.Semaphore(r.place.Place)
	if err != nil {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(breakPatience):
	}
	now, err := r.place.system.Semaphore(r.place.Place)
	return err == nil && now == before
}

// breakLock sets the lock free by giving it back, in the place of who is gone. One
// that is not known to be jammed must stay held for a while before.
func (r *recovery) breakLock(state *State) error {
	lock, err := r.place.system.Lock(r.place.Place)
	if err != nil {
		return nil // gone, with who had it open
	}
	defer lock.Close()
	limit := breakPatience
	if state.Verdict == Jammed {
		limit = 0
	}
	switch err := lock.Take(1, limit); err {
	case nil: // somebody gave it back
		_ = lock.Give()
		return nil
	case ipc.ErrTaken:
	default:
		return recoverError(r.key, ErrUnknown, "waiting for the lock: %v; try again", err)
	}
	if lock.Give() == nil {
		r.did(ResetLock)
	}
	return nil
}

// makeLock makes a lock that is missing. Others are to go on using it, so the
// object that would remove it is kept.
func (r *recovery) makeLock(segment int) error {
	p := r.place
	if _, err := p.system.Semaphore(p.Place); err == nil {
		return nil // it has changed; look again
	}
	if found, err := p.system.Segment(p.Place); err != nil || found.ID != segment {
		return nil
	}
	return r.keepLock(native.Open, MakeLock)
}

func (r *recovery) keepLock(mode native.SemaphoreMode, a Action) error {
	semaphore, err := newSemaphoreOf(opRecover, r.key, r.place, 1, mode)
	if err != nil {
		return err
	}
	leak(semaphore)
	r.did(a)
	return nil
}

// remove removes what the actions say, with the lock in hand if there is one,
// so that no other program is between two steps of its own.
func (r *recovery) remove(state *State, actions []Action) error {
	var held *heldLock
	if r.place.Lock != "" && (state.Lock.Exists || r.place.Lock != r.place.Segment) {
		var err error
		if held, err = holdLock(state, r.place); err != nil {
			return err
		}
		defer held.release()
	}
	for _, a := range actions {
		var done bool
		var err error
		switch a {
		case RemoveSegment:
			done, err = r.removeSegment()
		case RemoveKeyFile:
			done, err = r.removeKeyFile(held)
		case RemoveLock:
			done, err = r.removeLock(held)
		}
		if err != nil {
			return err
		}
		if done {
			r.did(a)
		}
	}
	return nil
}

// removeSegment removes what nobody is attached to, unless somebody attached meanwhile.
func (r *recovery) removeSegment() (bool, error) {
	p := r.place
	seen, err := p.system.Segment(p.Place)
	if err != nil || !seen.IsOrphan() && !seen.IsAbandoned() && !(r.policy.AssumeGone && seen.IsUnattended()) {
		return false, nil
	}
	err = removeOrphan(opRecover, r.key, p)
	if now, lookErr := p.system.Segment(p.Place); lookErr == nil && now.ID == seen.ID {
		return false, err
	}
	return true, nil
}

// removeKeyFile removes a key file of Qt's: create, and detach as the last one.
func (r *recovery) removeKeyFile(held *heldLock) (bool, error) {
	info, err := os.Stat(r.place.Segment)
	if err != nil || !isPlain(info) || held != nil && !held.isOurs() {
		return false, nil
	}
	err = attachAndDetach(opRecover, r.key, func(m *memory) error { return m.create(r.place, 1, ReadWrite) })
	if err != nil {
		return false, err
	}
	_, err = os.Stat(r.place.Segment)
	return err != nil, nil
}

// removeLock removes the lock in hand, if there is no segment that needs it.
func (r *recovery) removeLock(held *heldLock) (bool, error) {
	if _, err := r.place.system.Segment(r.place.Place); err == nil || !held.isOurs() {
		return false, nil
	}
	return true, held.remove()
}
