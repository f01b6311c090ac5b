package qtbridge

import (
	"strings"
)

// Key names a segment as the peer names it. There are three kinds, which cannot
// be mixed up: [QtKey] for a peer that calls setKey, or hands the key to the
// constructor, [NativeKey] for one that calls setNativeKey, and [PosixKey] for one
// that hands it a QNativeIpcKey of the type PosixRealtime. [ParseKey] takes all of
// these as text, and what else a QNativeIpcKey can be. Keys can be compared with ==.
// The zero Key is no key.
type Key struct {
	name   string
	kind   keyType
	legacy string // of a native key that Qt made of this one: whose lock it has
}

// keyType is how a name is meant: 0 for setKey, else a QNativeIpcKey::Type. Other
// numbers up to 255 are System V with that number in the place of 'Q'.
type keyType uint16

const (
	systemVKey keyType = 0x51
	posixKey   keyType = 0x100
	windowsKey keyType = 0x101
)

// QtKey is a key as QSharedMemory::setKey(name) takes it: any text in UTF-8
// without NUL, of which at most 197 ASCII letters. Qt derives the name of a file
// in the directory for temporary files from it (TMPDIR, else /tmp), which must be
// the same for both sides. Segments with such a key have a lock.
//
// On Windows Qt derives the names of objects in the session from it; there are
// no files, no TMPDIR, and as many letters as the name may have, over 30,000.
func QtKey(name string) Key { return Key{name: name} }

// NativeKey is a key as QSharedMemory::setNativeKey(name) takes it: on Unix the
// path of a file, relative to the working directory of the process that uses
// it. A relative name means a file in this program's working directory at the
// time of [Create] or [Attach]; for a peer that runs in another one there is
// [NativeKeyIn]. Segments with such a key have no lock on Qt before 6.6: see
// [Segment.Lockable].
//
// On Windows it is the name of an object, of at most 32,766 UTF-16 units, and
// directories have nothing to do with it. NAME and Local\NAME are one object in
// each session; Global\NAME is another one, the same in all sessions, which only
// services and administrators may create. There is no other backslash in a name.
func NativeKey(name string) Key { return Key{name: name, kind: nativeKeyType} }

// NativeKeyIn is the native key name of a peer whose working directory is dir.
// Where name is an absolute path, and on Windows always, the directory does not
// matter.
func NativeKeyIn(dir, name string) Key {
	return NativeKey(keyIn(dir, name))
}

// PosixKey is a key as QSharedMemory::setNativeKey(QNativeIpcKey(name, PosixRealtime))
// takes it, of Qt 6.6 and later: the name of a POSIX shared memory object, with a
// slash at its beginning and no other, and at most 251 bytes after it. With an older
// Qt such keys can be inspected, listed and recovered.
//
// Such a segment stays when all have detached or crashed, until [Recover] removes it:
// Qt has no call for that. It has a lock, which is not given back when its holder
// dies. Neither its creator nor, as long as there are any, how many are attached is
// known for sure. Its memory can be cut by others, and is provided when it is touched:
// to touch what is not there is an [ErrResources].
func PosixKey(name string) Key { return Key{name: name, kind: posixKey} }

// Name is what was given to [QtKey], [NativeKey] or [PosixKey], and with [NativeKeyIn] the
// path that resulted.
func (k Key) Name() string { return k.name }

// IsNative tells whether k is a native key, as a [PosixKey] is too. One with a
// legacy key is none: it has the lock of that key.
func (k Key) IsNative() bool { return k.kind != 0 && k.legacy == "" }

// IsPosix tells whether k is a POSIX key, as of [PosixKey], with a legacy key or
// without.
func (k Key) IsPosix() bool { return k.kind == posixKey }

// LegacyKey is the key that Qt made a native key of, where its text tells: see
// [ParseKey].
func (k Key) LegacyKey() string { return k.legacy }

// lockName is the key that Qt makes the lock of, if k is not a native key.
func (k Key) lockName() string {
	if k.legacy != "" {
		return k.legacy
	}
	return k.name
}

// The prefixes of keys as text, beside the words of types.
const (
	qtScheme     = "qt"
	nativeScheme = "native"
)

// String is k as text, from which [ParseKey] makes k again: native:NAME, or NAME, or
// qt:NAME where NAME alone would be read as something else. Other keys are written
// as QNativeIpcKey::toString() does it.
func (k Key) String() string {
	switch {
	case k.kind == nativeKeyType && k.legacy == "":
		return nativeScheme + ":" + k.name
	case k.kind != 0:
		return ipcText(k.kind.word(), k.name, k.legacy)
	}
	if _, _, ok := cutScheme(k.name); ok {
		return qtScheme + ":" + k.name
	}
	return k.name
}

// ParseKey makes a key of its text, in which NAME is the name as it is, and PATH is
// written as QNativeIpcKey::toString() writes it, with percent-encoding:
//
//	NAME, qt:NAME                QtKey(NAME)
//	native:NAME                  NativeKey(NAME)
//	systemv:PATH                 NativeKey(PATH), on Unix
//	windows:PATH                 NativeKey(PATH), on Windows
//	posix:/PATH                  PosixKey(/PATH), on Unix
//	systemv:PATH?legacyKey=K     the segment at PATH, with the lock of QtKey(K)
//
// The last one is the nativeIpcKey() of an object of Qt 6.6 or later with setKey(K),
// and can be had with any Qt: PATH tells where the segment is if that process has
// another TMPDIR than this one, but the lock is found by TMPDIR. PATH must be a name
// that Qt makes of K.
//
// Any other word before a colon is an [ErrKey], so that new forms can be added: write
// qt:NAME for a NAME with a colon in it. So is what Qt would mend, as a % without two
// digits. Types that this system does not have are an [ErrUnsupported].
func ParseKey(s string) (Key, error) {
	if s == "" {
		return Key{}, keyError("parse", QtKey(s), "it is empty; give the key that the Qt program uses")
	}
	scheme, name, ok := cutScheme(s)
	if !ok {
		return QtKey(s), nil
	}
	key := QtKey(name)
	switch t := typeOfWord(scheme); {
	case t != 0 && !hasKeyType(t):
		return Key{}, &Error{Op: "parse", Key: QtKey(s), Code: ErrUnsupported,
			Msg: "this system has no keys of the type " + scheme + "; native:NAME is a native key on each"}
	case t != 0:
		var problem string
		if key, problem = parseIpcKey(t, name); problem != "" {
			return Key{}, keyError("parse", QtKey(s), problem)
		}
	case scheme == nativeScheme:
		key = NativeKey(name)
	case scheme != qtScheme:
		return Key{}, keyError("parse", QtKey(s), "unknown form; known are NAME, qt:NAME, native:NAME, "+
			"and systemv:, systemv-1: to systemv-255:, posix: and windows:PATH; write qt:"+s+" if the colon belongs to the name")
	}
	if key.name == "" {
		return Key{}, keyError("parse", key, "there is no name after the colon")
	}
	return key, nil
}

// cutScheme splits off a word of letters, digits and dashes before a colon.
func cutScheme(s string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(s, ":")
	if !ok || scheme == "" {
		return "", s, false
	}
	for _, c := range scheme {
		if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return "", s, false
		}
	}
	return strings.ToLower(scheme), rest, true
}

func keyError(op string, key Key, msg string) error {
	return &Error{Op: op, Key: key, Code: ErrKey, Msg: msg}
}
