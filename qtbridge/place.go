package qtbridge

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// place is where the system objects of a key are, and of which system they are.
type place struct {
	ipc.Place
	system ipc.System
}

func (p place) traits() *ipc.Traits { return p.system.Traits() }

// someDoNotLock tells whether there can be programs that know of no lock: with a native
// key those of Qt before 6.6, which has no POSIX keys.
func (p place) someDoNotLock() bool { return p.Native && !p.traits().MemoryFiles }

// KeyFiles returns the absolute paths of the two files that the system objects
// of k hang on: the segment's and the lock's, which with a native key are one. Qt
// derives the names; the files need not exist. It depends on TMPDIR, or for a
// relative native key on the working directory. Errors: [ErrKey] if k is empty,
// too long or no UTF-8, or TMPDIR no directory, and [ErrUnavailable].
//
// On Windows they are the names of the two objects, and depend on nothing else.
func (k Key) KeyFiles() (segment, lock string, err error) {
	p, err := k.place("locate")
	return p.Segment, p.Lock, err
}

func (k Key) place(op string) (place, error) {
	if !native.Available {
		return place{}, unavailable(op, k)
	}
	if !runsSupported() {
		return place{}, unsupportedQt(op, k)
	}
	switch {
	case k.kind != 0 && !hasKeyType(k.kind):
		return place{}, &Error{Op: op, Key: k, Code: ErrUnsupported,
			Msg: "this system has no keys of the type " + k.kind.word() + "; use QtKey or NativeKey"}
	case k.name == "":
		return place{}, keyError(op, k, "it is empty; give the key that the Qt program uses")
	case strings.ContainsRune(k.name, 0):
		return place{}, keyError(op, k, "it has a NUL in it, which no file name can have")
	case !utf8.ValidString(k.name):
		return place{}, keyError(op, k, "it is not UTF-8, as a QString would be")
	case k.kind != 0 && k.kind != nativeKeyType && k.kind < posixKey:
		return place{}, &Error{Op: op, Key: k, Code: ErrUnsupported,
			Msg: "System V keys with another number than Qt's own ('Q') are not supported yet; have both programs use systemv:PATH"}
	case k.legacy != "":
		return k.legacyPlace(op)
	case k.IsNative():
		return k.nativePlace(op)
	}
	return k.qtPlace(op)
}

// placeToUse is place for what has Qt do something with the key.
func (k Key) placeToUse(op string) (place, error) {
	p, err := k.place(op)
	if err == nil && p.traits().MemoryFiles && !native.HasNativeIpcKeys() {
		return place{}, &Error{Op: op, Key: k, Code: ErrUnsupported,
			Msg: "POSIX keys need Qt 6.6 or later, and this program runs with Qt " + native.VersionRunning() +
				"; build it with that Qt; Inspect and List see what there is with any"}
	}
	return p, err
}

// supported tells whether what this package relies on is so in the Qt that was
// loaded, which can be a newer one than that compiled against: from 6.6 on keys of
// QNativeIpcKey are needed.
func supported(compiled, running string, hasIpcKeys bool) bool {
	var major, minor, loadedMajor, loadedMinor int
	_, err := fmt.Sscanf(compiled, "%d.%d", &major, &minor)
	_, errLoaded := fmt.Sscanf(running, "%d.%d", &loadedMajor, &loadedMinor)
	if err != nil || errLoaded != nil || major != loadedMajor {
		return false
	}
	return major == 5 || major == 6 && (loadedMinor < 6 || hasIpcKeys)
}

var runsSupported = sync.OnceValue(func() bool {
	return supported(native.VersionCompiled(), native.VersionRunning(), native.HasNativeIpcKeys())
})

// unsupportedQt is the error of a program with a Qt that is not supported.
func unsupportedQt(op string, key Key) error {
	compiled, running := QtVersion()
	remedy := "link one major version of Qt alone: that of the other packages that use Qt, which for Qt 5.15 is the tag qt5"
	if compiled != "" && strings.HasPrefix(running, compiled[:1]+".") {
		remedy = "from 6.6 on native keys have locks, which this build would take and remove where it must not; build the program with that Qt"
	}
	return &Error{Op: op, Key: key, Code: ErrUnsupported,
		Msg: "this program was built with Qt " + compiled + " and runs with Qt " + running + "; " + remedy}
}

// nativePlace makes a path absolute at once. Qt would take a relative one from
// the directory that is current at each call: after a chdir it leaves the key
// file behind.
func (k Key) nativePlace(op string) (place, error) {
	p := place{Place: ipc.Place{Segment: k.name, Native: true}, system: systemOf(k)}
	if t := p.traits(); t.MemoryFiles {
		p.Segment = t.Directory + k.name
	}
	if p.traits().KeyFiles && !filepath.IsAbs(k.name) {
		dir, err := os.Getwd()
		if err != nil {
			return place{}, &Error{Op: op, Key: k, Code: ErrKey, Err: err,
				Msg: "a relative native key needs a working directory: " + err.Error()}
		}
		// Not cleaned: .. after a symbolic link is the kernel's to resolve.
		p.Segment = dir + "/" + k.name
		if !utf8.ValidString(dir) {
			return place{}, keyError(op, k, "the working directory is not UTF-8; give an absolute path")
		}
	}
	p.Lock = p.system.NativeLock(p.Segment)
	return p, checkName(op, k, p)
}

// legacyPlace is the segment of the native key, with the lock of the legacy key.
func (k Key) legacyPlace(op string) (place, error) {
	if t := systemOf(k).Traits(); t.MemoryFiles {
		p, err := k.nativePlace(op)
		p.Lock, p.Native = t.LockPrefix+ipc.LockPrefix+ipc.RestOf(k.legacy), false
		return p, err
	}
	qt, err := QtKey(k.legacy).qtPlace(op)
	if err != nil {
		return place{}, err
	}
	p, err := k.nativePlace(op)
	p.Lock, p.Native = qt.Lock, false
	return p, err
}

func checkName(op string, k Key, p place) error {
	if err := p.system.CheckName(p.Segment); err != nil {
		return systemError(op, k, err)
	}
	return nil
}

// keyIn is the native key name of a process whose working directory is dir.
func keyIn(dir, name string) string {
	if !systemOf(NativeKey(name)).Traits().KeyFiles || name == "" || filepath.IsAbs(name) {
		return name
	}
	return strings.TrimRight(dir, "/") + "/" + name
}

// places remembers what Qt derived, which costs it a SHA-1 and a look at the
// directory for temporary files.
var places = struct {
	sync.Mutex
	of map[placeKey]place
}{of: make(map[placeKey]place)}

type placeKey struct{ name, tmpdir string }

// maxPlaces bounds the memory of a program that makes up keys as it goes.
const maxPlaces = 1024

func (k Key) qtPlace(op string) (place, error) {
	at := placeKey{name: k.name}
	if systemOf(k).Traits().KeyFiles {
		at.tmpdir = os.Getenv("TMPDIR")
	}
	places.Lock()
	p, ok := places.of[at]
	places.Unlock()
	if ok {
		return p, nil
	}
	p, err := k.derive(op, at.tmpdir)
	if err == nil && (at.tmpdir == "" || filepath.IsAbs(at.tmpdir)) {
		places.Lock()
		if len(places.of) >= maxPlaces {
			clear(places.of)
		}
		places.of[at] = p
		places.Unlock()
	}
	return p, err
}

// derive asks Qt for the segment's file. The lock's has the same name with
// another prefix; Qt before 6.6 has no call that tells it.
func (k Key) derive(op, tmpdir string) (place, error) {
	if tmpdir != "" {
		if info, err := os.Stat(tmpdir); err != nil || !info.IsDir() {
			return place{}, keyError(op, k, "TMPDIR is "+tmpdir+
				", which is not a directory; set it as the Qt program has it")
		}
	}
	m, err := native.NewSharedMemory()
	if err != nil {
		return place{}, qtError(op, k, err)
	}
	defer m.Close()
	if err := m.SetKey(k.name); err != nil {
		return place{}, qtError(op, k, err)
	}
	dir, base := filepath.Split(m.NativeKey())
	rest, ok := strings.CutPrefix(base, ipc.SegmentPrefix)
	system := systemOf(k)
	if !ok {
		// From 6.6 on Qt derives none where the system refuses.
		if err := system.CheckSize(1, 0); err != nil {
			return place{}, systemError(op, k, err)
		}
		return place{}, &Error{Op: op, Key: k, Code: ErrUnknown,
			Msg: "Qt derives an unexpected file name from it: " + dir + base}
	}
	if err := system.CheckName(base); err != nil {
		return place{}, systemError(op, k, err)
	}
	return place{ipc.QtPlace(dir, rest), system}, nil
}
