package qtbridge

import (
	"strings"
	"sync"
	"sync/atomic"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// memory is a QSharedMemory, and the name that it was given in place of its own.
type memory struct {
	*native.SharedMemory        // nil before setName
	op                   string // whose errors these are
	key                  Key
	name                 string // that Qt was given for it
	done                 func() // with the name; nil if it has none
	keeper               atomic.Pointer[keeper]
	pinned               *ipc.Pin     // which has the name; nil if Qt is to delete the key file
	lock                 *privateLock // instead of the peer's; nil if Qt takes none
}

func newMemory(op string, key Key) *memory { return &memory{op: op, key: key} }

// Close deletes the object, which detaches.
func (m *memory) Close() {
	defer m.claim()
	if m.SharedMemory != nil {
		m.closeObject()
	}
	if m.done != nil {
		m.done()
	}
	if m.lock != nil {
		m.lock.leave()
	}
}

// closeObject deletes the object. One that creates removes its private lock then.
func (m *memory) closeObject() {
	if m.lock != nil && m.lock.made == nil {
		defer holdInode(m.lock.system, m.lock.file(m.lock.name))()
	}
	m.SharedMemory.Close()
}

// setName gives Qt the name of a segment, in the way in which it leaves the lock of
// the peer alone.
func (m *memory) setName(system ipc.System, name string, creates bool) error {
	if !native.HasNativeIpcKeys() {
		return m.open(func() error { return m.SetNativeKey(name) })
	}
	m.lock = ownPrivateLock(system)
	t := system.Traits()
	// Where no file comes with a lock, it costs little and goes with the object.
	if !creates && (t.KeyFiles || t.MemoryFiles) {
		var err error
		if m.lock, err = sharePrivateLock(m.op, m.key, system); err != nil {
			return err
		}
	}
	m.name = name
	if m.SharedMemory = m.lock.takeSpare(name); m.SharedMemory != nil {
		return nil
	}
	text := ipcText(t.KeyType, strings.TrimPrefix(name, t.Directory), m.lock.name)
	return m.open(func() error { return m.SetNativeIpcKey(text) })
}

// open makes the object, and gives it its name.
func (m *memory) open(setName func() error) error {
	object, err := native.NewSharedMemory()
	if err == nil {
		m.SharedMemory = object
		err = setName()
	}
	if err != nil {
		return qtError(m.op, m.key, err)
	}
	return nil
}

// closeFailed deletes an object whose create() has failed, but not from Qt 6.6 on one
// that met a segment: its destructor would remove that, and its key file, if who made
// it has not attached yet.
func (m *memory) closeFailed(err error) {
	if !isExists(err) || m.lock == nil || !m.lock.system.Traits().DetachRemoves {
		m.Close()
		return
	}
	m.lock.removePrivate(m.lock.name)
	if m.done != nil {
		m.done() // the object is not used any more
		m.done = nil
	}
	leakedMemories.Lock()
	defer leakedMemories.Unlock()
	leakedMemories.all = append(leakedMemories.all, m)
}

var leakedMemories struct {
	sync.Mutex
	all []*memory
}

// attach attaches to the segment at p.
func (m *memory) attach(p place, mode Mode) error {
	name, done, err := p.system.Protect(p.Place)
	if err != nil {
		return systemError(m.op, m.key, err)
	}
	m.done = done
	if err := m.setName(p.system, name, false); err != nil {
		return err
	}
	return m.attachNow(p.system, mode)
}

// attachPinned is attach to read, by a name that Qt can delete nothing by.
func (m *memory) attachPinned(p place) error {
	pinned, err := newPin(m.op, m.key, p)
	if err != nil {
		return err
	}
	if err := m.setPinned(p.system, pinned, false); err != nil {
		return err
	}
	return m.attachNow(p.system, ReadOnly)
}

func newPin(op string, key Key, p place) (*ipc.Pin, error) {
	pin, err := p.system.Pin(p.Place)
	if err != nil {
		return nil, systemError(op, key, err)
	}
	return pin, nil
}

// setPinned is setName by a pin, which is the object's from now on.
func (m *memory) setPinned(system ipc.System, pinned *ipc.Pin, creates bool) error {
	m.pinned, m.done = pinned, pinned.Release
	return m.setName(system, pinned.Name, creates)
}

// takePin takes the pin away from an object that is about to go; nil if it has none that
// lasts.
func (m *memory) takePin() *ipc.Pin {
	if m.pinned == nil || !m.pinned.Lasts {
		return nil
	}
	m.done = nil
	return m.pinned
}

// attachNow attaches to the segment of the native key that Qt has.
func (m *memory) attachNow(system ipc.System, mode Mode) error {
	if err := m.Attach(native.AccessMode(mode)); err != nil {
		return qtError(m.op, m.key, err)
	}
	if !system.Touchable(m.Data()) {
		_ = m.Detach()
		return keyError(m.op, m.key, "the object of this name has no memory yet, so it is no segment of Qt's; use another key")
	}
	return nil
}

// create has Qt create a segment at p.
func (m *memory) create(p place, size int, mode Mode) error {
	if err := m.setName(p.system, p.Segment, true); err != nil {
		return err
	}
	return m.createNow(p, size, mode)
}

// createPinned is create by a name that Qt can delete nothing by. The key file must
// exist.
func (m *memory) createPinned(p place, pinned *ipc.Pin, size int, mode Mode) error {
	if err := m.setPinned(p.system, pinned, true); err != nil {
		return err
	}
	return m.createNow(p, size, mode)
}

func (m *memory) createNow(p place, size int, mode Mode) error {
	if err := m.Create(int64(size), native.AccessMode(mode)); err != nil {
		return qtError(m.op, m.key, err)
	}
	return m.reserve(p, size)
}

// reserve makes sure that there is memory for the segment that was just made, or
// removes it again.
func (m *memory) reserve(p place, size int) error {
	err := p.system.Reserve(p.Place, int64(size))
	if err == nil {
		return nil
	}
	_ = m.Detach()
	if made, err := p.system.Segment(p.Place); err == nil {
		_ = p.system.Remove(p.Segment, made.ID)
	}
	return systemError(m.op, m.key, err)
}

// claim has the segment go with who is the last to detach, also if nobody had it before.
func (m *memory) claim() { m.keeper.Swap(nil).end() }

// detach detaches and deletes the object.
func (m *memory) detach() error {
	_, err := m.detachPinned()
	return err
}

// detachPinned is detach, and tells for an object with a pin that lasts whether that has
// removed the segment. If it has not, somebody else did or will, and deletes the key file
// then, which can be a while after the segment has gone.
func (m *memory) detachPinned() (removed bool, err error) {
	defer m.keeper.Load().keep()()
	err = m.Detach()
	if err == nil && m.lock != nil {
		m.lock.putSpare(m)
	}
	m.Close()
	if err == nil || isUnexplained(err) {
		// Qt also answers false, with no error set, when it detached from and
		// removed a segment whose key file it could not delete: it is pinned, or
		// somebody has deleted it before.
		return err != nil, nil
	}
	return false, qtError("close", m.key, err)
}

// attachAndDetach has a fresh object attach in a way, and detach: as the last one that
// removes the segment, as Qt's documentation has it for what a crash left behind.
// The object must be given the native key, because with that it leaves the lock to
// us. That what it looks for came or went meanwhile is no error.
func attachAndDetach(op string, key Key, attach func(*memory) error) error {
	m := newMemory(op, key)
	if err := attach(m); err != nil {
		m.closeFailed(err)
		if isPassing(err) || isExists(err) {
			return nil
		}
		return err
	}
	defer m.Close()
	if err := m.Detach(); err != nil && !isUnexplained(err) {
		return qtError(op, key, err)
	}
	return nil
}

// removeOrphan removes a segment that nobody is attached to, unless somebody is by
// then.
func removeOrphan(op string, key Key, p place) error {
	return attachAndDetach(op, key, func(m *memory) error { return m.attach(p, ReadOnly) })
}
