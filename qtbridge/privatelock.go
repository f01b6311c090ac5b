package qtbridge

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
	"qtinterop/native"
)

// From Qt 6.6 on a segment with a native key has a lock too: a semaphore on the same
// key file, which Qt makes, takes and removes, with the file, in attach(), detach()
// and the destructor. So that it does nothing of the kind to the semaphore and the key
// file of a peer, Qt is given a private lock instead: the key of a semaphore that
// nobody else knows.

// privateLock is a semaphore of this process. Attachments share it; what creates a
// segment has one of its own, since its QSharedMemory becomes the owner.
type privateLock struct {
	privatePlace
	name  string
	users int
	made  *native.SystemSemaphore // nil if it is not shared
	idle  *time.Timer             // removes it, when it has not been used for a while

	// spare is a QSharedMemory that is not attached, and whose name is spareName: to
	// give a key to a new one takes Qt half as long again as to attach and to detach.
	spare     *native.SharedMemory
	spareName string
}

// privatePlace is where private locks are.
type privatePlace struct {
	system ipc.System
	dir    string // of their files
}

// privatePlaceOf is where those for segments of a system are: where that has its files,
// else in the directory for temporary files.
func privatePlaceOf(system ipc.System) privatePlace {
	if dir := system.Traits().Directory; dir != "" {
		return privatePlace{system, dir}
	}
	return privatePlace{system, os.TempDir()}
}

// file is the file of the lock with a name.
func (p privatePlace) file(name string) string {
	if t := p.system.Traits(); t.MemoryFiles {
		return t.LockPrefix + ipc.LockPrefix + ipc.RestOf(name)
	}
	return filepath.Join(p.dir, ipc.LockPrefix+ipc.RestOf(name))
}

// open is QSystemSemaphore(name, value, Create).
func (p privatePlace) open(name string, value int) (*native.SystemSemaphore, error) {
	var made *native.SystemSemaphore
	var err error
	if p.system.Traits().MemoryFiles {
		text := native.SystemSemaphoreLegacyNativeKey(name, native.PosixRealtime)
		made, err = native.NewNativeSystemSemaphore(text, value, native.Create)
	} else {
		made, err = native.NewSystemSemaphore(name, value, native.Create)
	}
	if err != nil {
		return nil, err
	}
	if err := made.Err(); err != nil {
		made.Close()
		return nil, err
	}
	return made, nil
}

// privateLocks are the shared ones, by their places: the directory for temporary files
// can change. One that is not in use any more is removed at once, since a program that ends
// has no other moment for it. But to make one takes five times as long as to attach and
// to detach: where the last one was used within idlePeriod, as by a program that polls,
// the next is kept for as long.
var privateLocks = struct {
	sync.Mutex
	of       map[privatePlace]*privateLock
	count    int       // of names
	lastUsed time.Time // the end of the last use of one
}{of: make(map[privatePlace]*privateLock)}

// idlePeriod is for how long a private lock is kept that is not in use.
var idlePeriod = 200 * time.Millisecond

// ownPrivateLock is one for a single QSharedMemory that creates a segment: Qt makes it
// and removes it.
func ownPrivateLock(system ipc.System) *privateLock {
	privateLocks.Lock()
	defer privateLocks.Unlock()
	return &privateLock{privatePlace: privatePlaceOf(system), name: newPrivateName()}
}

// sharePrivateLock returns the lock of this process, which it makes if there is none;
// leave must follow.
func sharePrivateLock(op string, key Key, system ipc.System) (*privateLock, error) {
	at := privatePlaceOf(system)
	privateLocks.Lock()
	defer privateLocks.Unlock()
	l := privateLocks.of[at]
	if l == nil {
		var err error
		if l, err = newPrivateLock(at); err != nil {
			return nil, &Error{Op: op, Key: key, Code: ErrResources, Err: err,
				Msg: "from 6.6 on Qt needs a semaphore of this program's own, whose file cannot be made in " + at.dir + ": " + err.Error() +
					"; set TMPDIR to a directory that can be written to, if it is by that, and see the limit of open files"}
		}
		privateLocks.of[at] = l
	}
	if l.users++; l.idle != nil {
		l.idle.Stop()
	}
	return l, nil
}

// newPrivateLock makes a lock in a directory. If that is none, Qt would take the root.
func newPrivateLock(at privatePlace) (*privateLock, error) {
	if info, err := os.Stat(at.dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, syscall.ENOTDIR
	}
	at.sweep()
	l := &privateLock{privatePlace: at, name: newPrivateName()}
	var err error
	l.made, err = at.open(l.name, 1)
	return l, err
}

// takeSpare returns a QSharedMemory with this name, nil if there is none.
func (l *privateLock) takeSpare(name string) *native.SharedMemory {
	privateLocks.Lock()
	defer privateLocks.Unlock()
	if l.spareName != name {
		return nil
	}
	spare := l.spare
	l.spare, l.spareName = nil, ""
	return spare
}

// putSpare takes the object of a memory that has detached, in place of what it had.
func (l *privateLock) putSpare(m *memory) {
	if l.made == nil {
		return
	}
	privateLocks.Lock()
	old := l.spare
	l.spare, l.spareName = m.SharedMemory, m.name
	privateLocks.Unlock()
	m.SharedMemory = old // to be deleted with m
}

// leave is the end of a use.
func (l *privateLock) leave() {
	if l.made == nil {
		return
	}
	privateLocks.Lock()
	defer privateLocks.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	now := time.Now()
	isRare := now.Sub(privateLocks.lastUsed) >= idlePeriod
	privateLocks.lastUsed = now
	switch {
	case isRare:
		l.remove()
	case l.idle == nil:
		l.idle = time.AfterFunc(idlePeriod, l.endIdle)
	default:
		l.idle.Reset(idlePeriod)
	}
}

func (l *privateLock) endIdle() {
	privateLocks.Lock()
	defer privateLocks.Unlock()
	if l.users == 0 && privateLocks.of[l.privatePlace] == l {
		l.remove()
	}
}

func (l *privateLock) remove() {
	delete(privateLocks.of, l.privatePlace)
	if l.spare != nil {
		l.spare.Close()
	}
	defer holdInode(l.system, l.file(l.name))()
	if !l.system.Traits().MemoryFiles {
		defer l.addName()()
	}
	l.made.Close()
}

// addName gives the lock a second name until release. Qt removes the file before the
// semaphore: if the program ends in between, the next one finds that by the second name.
func (l *privateLock) addName() (release func()) {
	second := l.file(newPrivateName())
	_ = os.Link(l.file(l.name), second)
	return func() { _ = os.Remove(second) }
}

// privatePrefix begins the names of private locks. They have letters only, which alone
// are in the name of the key file: so it tells the process, and what a process that is
// gone has left can be found.
const privatePrefix = "qtinteropPrivateLockOf"

// newPrivateName is the next name of this process: the prefix, its pid, the pid
// namespace that this is one of, and a number, with a capital Z between them.
func newPrivateName() string {
	privateLocks.count++
	return privatePrefix + spell(os.Getpid()) + "Z" + spell(ownPIDs()) + "Z" + spell(privateLocks.count)
}

// ownPIDs is the number of our pid namespace.
var ownPIDs = sync.OnceValue(func() int { return procfs.OwnNamespace("pid") })

// spell is a number in small letters.
func spell(n int) string {
	var letters []byte
	for ; n > 0 || letters == nil; n /= 26 {
		letters = append(letters, byte('a'+n%26))
	}
	return string(letters)
}

func unspell(letters string) (n int) {
	for i := len(letters) - 1; i >= 0; i-- {
		if letters[i] < 'a' || letters[i] > 'z' || n > 1<<32 {
			return 0
		}
		n = n*26 + int(letters[i]-'a')
	}
	return n
}

// sweep removes the private locks of processes that are gone.
func (p privatePlace) sweep() {
	start, _, _ := strings.Cut(p.file(privatePrefix), privatePrefix)
	names, _ := filepath.Glob(start + privatePrefix + "*")
	for _, path := range names {
		if name, ok := privateName(path); ok && isForsaken(name, path) {
			p.removePrivate(name)
		}
	}
}

// privateName is the name of the private lock that a file is of.
func privateName(path string) (name string, ok bool) {
	_, rest, _ := strings.Cut(filepath.Base(path), ipc.LockPrefix)
	rest, ok = ipc.QtRest(ipc.LockPrefix + rest)
	if !ok || !ipc.IsAll(rest) {
		return "", false
	}
	name = ipc.Letters(rest)
	return name, strings.HasPrefix(name, privatePrefix)
}

// isForsaken tells whether the process that made a private lock with a file is gone. Of
// those in another pid namespace nothing can be told.
func isForsaken(name, path string) bool {
	pid := privatePID(name)
	info, err := os.Lstat(path)
	return err == nil && pid != 0 && !procfs.AliveSince(pid, info.ModTime())
}

// privatePID is the process that made the private lock of a name, 0 if it is in another
// pid namespace, or the name does not tell.
func privatePID(name string) int {
	parts := strings.Split(strings.TrimPrefix(name, privatePrefix), "Z")
	if len(parts) != 3 || unspell(parts[1]) != ownPIDs() {
		return 0
	}
	return unspell(parts[0])
}

// privateTo is the process whose private lock a file is of, nil if it is of none.
func privateTo(path string) *Process {
	name, ok := privateName(path)
	if !ok {
		return nil
	}
	return &Process{PID: privatePID(name), Alive: !isForsaken(name, path)}
}

// removePrivate removes a private lock, as its owner by mode Create: Qt's destructor
// does so.
func (p privatePlace) removePrivate(name string) {
	if owner, err := p.open(name, 1); err == nil {
		defer holdInode(p.system, p.file(name))()
		owner.Close()
	}
}
