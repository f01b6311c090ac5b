//go:build cgo && linux

package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// oddLetters are what Qt leaves out of the names that it makes of keys, or treats like
// any other.
var oddLetters = []rune(`aZ0 9/\.:-_%?=&*"'<>|~#` + "\t\x01äßéñ共享内存🙂𝄞\u0301\u200b\ufeff")

// oddKeys are n keys as nobody should choose them, the same ones each time.
func oddKeys(n int) []string {
	random := rand.New(rand.NewPCG(4711, 1))
	keys := []string{"k", "key", "Key", "KEY2", "a/b", "../x", "C:\\x", " ", "0", "qt:x", "native:x", "posix:/x", "systemv:x", strings.Repeat("long", 40)}
	for len(keys) < n {
		letters := make([]rune, 1+random.IntN(24))
		for i := range letters {
			letters[i] = oddLetters[random.IntN(len(oddLetters))]
		}
		if letters[0] == 0xfeff {
			continue // as first letter a byte order mark, which PyQt leaves out of a QString
		}
		keys = append(keys, string(letters))
	}
	return keys
}

// derivesKeys compares the names that both sides make of keys.
func derivesKeys(s *scene) {
	s.peer.Do("shm.new", "m", nil)
	keys := oddKeys(200)
	for _, key := range keys {
		s.peer.Do("shm.setKey", "m", peertest.Args{"key": key})
		file, _, err := qtbridge.QtKey(key).KeyFiles()
		s.must(fmt.Sprintf("QtKey(%q).KeyFiles()", key), err)
		if native := s.peer.Do("shm.nativeKey", "m", nil).Ret; native != file {
			s.Fatalf("nativeKey() of %q is %v, want %v", key, native, file)
		}
	}
	s.Logf("    the same file for all %d keys", len(keys))
	s.peer.Do("shm.delete", "m", nil)
}

// writesKeys compares the texts of native keys, both ways.
func writesKeys(s *scene) {
	if reply, err := s.peer.Try("key.toString", "", peertest.Args{"key": "/x", "type": posixType}); err == nil && strings.HasPrefix(reply.Fail, noOp) {
		s.impossible("The peer has no verbs of QNativeIpcKey: it was built with a Qt before 6.6", "ParseKey and Key.String need no Qt")
		return
	}
	for _, name := range []string{"/plain", "/with space", "/50%", "/a?b=c&d", "/ä共🙂", "/legacyKey=x"} {
		key := qtbridge.PosixKey(name)
		text := s.peer.Do("key.toString", "", peertest.Args{"key": name, "type": posixType}).Ret
		s.equal("the text of "+name, text, any(key.String()))
		parsed, err := qtbridge.ParseKey(key.String())
		s.must("ParseKey()", err)
		s.equal("its name", name, parsed.Name())
		s.equal("nativeKey() of the peer", name, s.peer.Do("key.fromString", "", peertest.Args{"key": key.String()}).NativeKey)
	}
}

// posixType is QNativeIpcKey::Type::PosixRealtime.
const posixType = 0x100
