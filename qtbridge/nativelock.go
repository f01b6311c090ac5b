package qtbridge

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// From Qt 6.6 on a segment with a native key has a lock: a semaphore on the segment's
// own key file. Which object of Qt's makes it deletes that file in the end, whoever
// needs it. So what this package creates has the lock made before, in a way in which
// the file is nobody's to delete. Programs with an older Qt know nothing of it, and do
// not lock.

// newSemaphoreOf has Qt make the semaphore of key at p, or open it. With mode Create it
// is reset, and the object that is returned removes it in the end.
func newSemaphoreOf(op string, key Key, p place, initial int, mode native.SemaphoreMode) (*native.SystemSemaphore, error) {
	var made *native.SystemSemaphore
	var err error
	if p.traits().MemoryFiles {
		made, err = newFileSemaphore(op, key, p, initial)
	} else if key.IsNative() {
		made, err = newNativeSemaphore(op, key, p, initial, mode)
	} else {
		made, err = native.NewSystemSemaphore(key.lockName(), initial, mode)
	}
	if err == nil {
		if err = made.Err(); err == nil {
			if !p.traits().MemoryFiles {
				err = handOver(op, key, p)
			}
		}
		if err == nil {
			return made, nil
		}
		made.Close()
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return nil, known
	}
	return nil, qtError(op, key, err)
}

// handOver gives a lock that this program has made to the owner of the segment, who may
// be another user where this is a privileged program.
func handOver(op string, key Key, p place) error {
	if p.Segment == "" {
		return nil // it is a semaphore, and no lock
	}
	if err := p.system.HandOver(p.Place); err != nil {
		return systemError(op, key, err)
	}
	return nil
}

// newNativeSemaphore hands Qt the key of a private lock whose key file is a link to
// that of the segment. The link is what Qt deletes.
func newNativeSemaphore(op string, key Key, p place, initial int, mode native.SemaphoreMode) (*native.SystemSemaphore, error) {
	// Through a link that leads nowhere Qt would see a key file of another user.
	if _, err := os.Stat(p.Lock); err != nil {
		return nil, lockFileGone(op, key, p, err)
	}
	name := ownPrivateLock(p.system).name
	link, err := QtKey(name).derive(op, os.Getenv("TMPDIR"))
	if err != nil {
		return nil, err
	}
	if err := os.Symlink(p.Lock, link.Lock); err != nil {
		return nil, &Error{Op: op, Key: key, Code: ErrResources, Err: err,
			Msg: "the lock cannot be made: " + err.Error() + "; set TMPDIR to a directory that can be written to"}
	}
	defer os.Remove(link.Lock)
	made, err := native.NewSystemSemaphore(name, initial, mode)
	if err != nil {
		return nil, err
	}
	// There was a key file, and Qt found none: it went in the meantime. Another one can
	// have come.
	if qt, ok := errors.AsType[*native.Error](made.Err()); ok && qt.Code == native.KeyError {
		made.Close()
		return nil, lockFileGone(op, key, p, qt)
	}
	return made, nil
}

// lockFileGone says that a native key's lock had no key file.
func lockFileGone(op string, key Key, p place, cause error) *Error {
	return &Error{Op: op, Key: key, Code: ErrNotFound, Err: cause,
		Msg: "the key file " + p.Lock + " of the segment and its lock is gone: another program deleted it; close this one and create it again"}
}

// newFileSemaphore has Qt make a semaphore under a private name, and gives it that of
// the lock as well, unless somebody else has been quicker. What Qt's object deletes in
// the end is the private name: one that made the lock by its own name would take that
// from those who use it.
func newFileSemaphore(op string, key Key, p place, initial int) (*native.SystemSemaphore, error) {
	private := ownPrivateLock(p.system)
	made, err := private.open(private.name, initial)
	if err == nil {
		err = p.linkLock(private.file(private.name))
	}
	if err == nil {
		return made, nil
	}
	if made != nil {
		made.Close()
	}
	if _, ok := errors.AsType[*ipc.Error](err); ok {
		return nil, systemError(op, key, err)
	}
	return nil, &Error{Op: op, Key: key, Code: ErrResources, Err: err,
		Msg: "the lock cannot be made in " + private.dir + ": " + err.Error() + "; see whether that is there and can be written to"}
}

// linkLock gives a semaphore, which is its owner's by then, the name of the lock, unless
// that is taken.
func (p place) linkLock(private string) error {
	if err := p.system.HandOver(ipc.Place{Segment: p.Segment, Lock: private}); err != nil {
		return err
	}
	if err := os.Link(private, p.Lock); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// makeKeyFile makes the key file that the lock of a native key hangs on, as Qt does.
func (l *lock) makeKeyFile(op string) error {
	l.awaitOwner()
	f, err := os.OpenFile(l.place.Lock, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	switch {
	case err == nil:
		l.ownsFile = true
		return f.Close()
	case errors.Is(err, fs.ErrExist):
		return nil
	}
	return fileError(op, l.key, err)
}

// awaitOwner waits, but not for long, while there is a lock and no segment: a reader
// that came too early has made it, with the key file, and deletes that in the end. Most
// do so at once.
func (l *lock) awaitOwner() {
	for waited := time.Duration(0); waited < settling; waited += settlingStep {
		_, noSegment := l.place.system.Segment(l.place.Place)
		state, err := l.place.system.Semaphore(l.place.Place)
		if !ipc.IsPartial(noSegment) || err != nil || state.IsForsaken() {
			return
		}
		time.Sleep(settlingStep)
	}
}

// passing is err as an ErrBusy if it says that the key file of both segment and lock was
// deleted on the way.
func (l *lock) passing(err error) error {
	e, ok := errors.AsType[*Error](err)
	if ok && e.Code == ErrNotFound && l.sharesFile() {
		return l.lostFile(e.Op)
	}
	return err
}

func (l *lock) lostFile(op string) error {
	return &Error{Op: op, Key: l.key, Code: ErrBusy,
		Msg: "other programs delete the key file " + l.place.Segment + " time and again; try again"}
}

// removeKeyFile removes a key file that we made, unless somebody has come to need it.
func (l *lock) removeKeyFile() {
	_, noSegment := l.place.system.Segment(l.place.Place)
	_, noLock := l.place.system.Semaphore(l.place.Place)
	if ipc.IsPartial(noSegment) && ipc.IsPartial(noLock) {
		_ = os.Remove(l.place.Lock)
	}
}

// sharesFile tells whether the lock hangs on the key file of the segment.
func (l *lock) sharesFile() bool { return l.key.IsNative() && l.place.traits().KeyFiles }

// leadsHere tells whether the key file leads to the semaphore that we know.
func (l *lock) leadsHere() bool {
	found, err := l.place.system.Lock(l.place.Place)
	if err != nil {
		return false
	}
	defer found.Close()
	return found.ID() == l.id()
}

// isOnFileOf tells whether the lock, which we hold, hangs on the key file by which a
// segment was found.
func (l *lock) isOnFileOf(segment ipc.Segment) bool { return l.open.Load().Key() == segment.Key }

// forgetAstray forgets a semaphore that the key file does not lead to any more. It tells
// whether it did. What Qt made of it for us would delete a key file with another one
// behind it by now, but for that of a native key, and so is kept.
func (l *lock) forgetAstray() bool {
	astray := l.open.Load()
	if astray == nil || l.leadsHere() {
		return false
	}
	l.forget(astray)
	if l.sharesFile() {
		l.stray = astray
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.own != nil && l.sharesFile() {
		l.own.Close() // it made the semaphore, or does nothing
		l.own = nil
	}
	l.leakOwn()
	l.ownsFile = false
	return true
}

// removeStray removes what forgetAstray has forgotten, now that there is another lock.
// Nobody finds it any more, and if its owner was killed Qt leaves it: a reader, as the
// last one to detach, deletes the file alone. It would go on with a lock of its own; with
// that removed, it finds the other. It may be about to give it back. If it is held for
// longer, it stays.
func (l *lock) removeStray() {
	stray := l.stray
	l.stray = nil
	if stray == nil || stray.ID() == l.id() {
		return // the new key file got the inode of the old
	}
	if stray.takeWithin(courtesy) == nil {
		stray.Remove()
	}
}
