package qtbridge

import (
	"crypto/sha1"
	"encoding/hex"
	"path/filepath"
	"strings"
)

// hashLength is how many digits a SHA-1 has at the end of the names of Qt's.
const hashLength = 2 * sha1.Size

// qtRest is what follows the prefix in a file name of Qt's: letters and a hash.
func qtRest(name string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(name, segmentPrefix)
	if !ok {
		rest, ok = strings.CutPrefix(name, lockPrefix)
	}
	if !ok || len(rest) < hashLength {
		return "", false
	}
	hash := rest[len(rest)-hashLength:]
	_, err := hex.DecodeString(hash)
	return rest, err == nil && hash == strings.ToLower(hash)
}

// letters are those of the key, as far as the file name tells.
func letters(rest string) string { return rest[:len(rest)-hashLength] }

// certainKey is the key of a file name, if the letters are all there is to it.
func certainKey(rest string) Key {
	name := letters(rest)
	sum := sha1.Sum([]byte(name))
	if name == "" || hex.EncodeToString(sum[:]) != rest[len(name):] {
		return Key{}
	}
	return QtKey(name)
}

// nameOf is the name of an entry.
func nameOf(key Key, p place) string {
	if key != (Key{}) {
		return key.name
	}
	rest, _ := qtRest(filepath.Base(p.segment))
	return letters(rest) + "…"
}
