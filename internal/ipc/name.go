package ipc

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
)

// The prefixes of the names that Qt derives from a key of its own.
const (
	SegmentPrefix = "qipc_sharedmemory_"
	LockPrefix    = "qipc_systemsem_"
)

// hashLength is how many digits a SHA-1 has at the end of the names of Qt's.
const hashLength = 2 * sha1.Size

// QtRest is what follows the prefix in a name of Qt's: letters and a hash.
func QtRest(name string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(name, SegmentPrefix)
	if !ok {
		rest, ok = strings.CutPrefix(name, LockPrefix)
	}
	if !ok || len(rest) < hashLength {
		return "", false
	}
	hash := rest[len(rest)-hashLength:]
	_, err := hex.DecodeString(hash)
	return rest, err == nil && hash == strings.ToLower(hash)
}

// RestOf is what follows the prefix in the names that Qt makes of a key.
func RestOf(key string) string {
	letters := strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			return c
		}
		return -1
	}, key)
	return letters + hash(key)
}

func hash(key string) string {
	sum := sha1.Sum([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Letters are those of the key, as far as a rest tells.
func Letters(rest string) string { return rest[:len(rest)-hashLength] }

// IsAll tells whether the letters of a rest are the whole key.
func IsAll(rest string) bool {
	letters := Letters(rest)
	return letters != "" && hash(letters) == rest[len(letters):]
}

// QtPlace is the place of a key of Qt's own, whose names begin with dir.
func QtPlace(dir, rest string) Place {
	return Place{Segment: dir + SegmentPrefix + rest, Lock: dir + LockPrefix + rest}
}
