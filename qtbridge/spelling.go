package qtbridge

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// Qt names its files after the letters of a key and a hash of the whole. What it leaves
// out, as the digits of Camera1, is found again by trying: a key with that hash is the
// key.

// maxTries is how many keys one List tries, which takes some 30 ms; it finishes the letters it is at.
const maxTries = 150_000

// maxSpellings bounds the memory of what was tried before.
const maxSpellings = 10_000

// spellings remembers the keys that were found, by what Qt makes of them, and as empty
// ones those that were not.
var spellings = struct {
	sync.Mutex
	of map[string]string
}{of: make(map[string]string)}

// spellKeys finds out the keys of entries whose file names do not tell them in full.
func spellKeys(entries []Entry) {
	spellings.Lock()
	defer spellings.Unlock()
	if len(spellings.of) > maxSpellings {
		clear(spellings.of)
	}
	unknown := make(map[string][]*Entry)
	for i := range entries {
		if rest, ok := unspelled(&entries[i]); ok && spellings.of[rest] == "" {
			unknown[rest] = append(unknown[rest], &entries[i])
		}
	}
	if len(unknown) > 0 {
		readSpellings(unknown)
		trySpellings(unknown)
	}
	for i := range entries {
		if rest, ok := unspelled(&entries[i]); ok && spellings.of[rest] != "" {
			entries[i].spell(spellings.of[rest])
		}
	}
}

// spelling is the key that Qt has made rest of, if it was found.
func spelling(rest string) string {
	spellings.Lock()
	defer spellings.Unlock()
	return spellings.of[rest]
}

// unspelled is what Qt has made of the key of an entry, if that is not known.
func unspelled(e *Entry) (rest string, ok bool) {
	if e.Key.legacy != "" || e.Key != (Key{}) && !e.Key.IsPosix() {
		return "", false
	}
	return ipc.QtRest(filepath.Base(e.State.Segment.File.Path))
}

// spell notes the key of an entry.
func (e *Entry) spell(key string) {
	if e.Key.IsPosix() {
		e.Key.legacy = key
	} else {
		e.Key, e.Name = QtKey(key), key
	}
	e.State.Key = e.Key
}

// readSpellings looks for the keys in the arguments of the processes concerned.
func readSpellings(unknown map[string][]*Entry) {
	read := make(map[int]bool)
	for _, entries := range unknown {
		for _, e := range entries {
			for _, pid := range append([]int{e.State.Segment.Creator.PID, e.State.Segment.Last.PID, e.State.Lock.Last.PID}, e.Users...) {
				if read[pid] {
					continue
				}
				read[pid] = true
				for _, word := range words(procfs.Arguments(pid)) {
					if rest := ipc.RestOf(word); unknown[rest] != nil {
						spellings.of[rest] = word
					}
				}
			}
		}
	}
}

// words are arguments, and what of them can be the value of an option.
func words(arguments []string) []string {
	var words []string
	for _, argument := range arguments {
		words = append(words, argument)
		if _, value, ok := strings.Cut(argument, "="); ok {
			words = append(words, value)
		}
		if fields := strings.Fields(argument); len(fields) > 1 {
			words = append(words, fields...)
		}
	}
	return words
}

// guesses are the keys that are tried for the same letters, the most likely first.
var guesses = []func(letters string, try func([]byte)){
	func(letters string, try func([]byte)) { tryNumbers([]byte(letters), 1, 2, try) },
	trySeparators,
	func(letters string, try func([]byte)) { tryNumbers([]byte(letters), 3, 3, try) },
	tryInside,
	func(letters string, try func([]byte)) { tryNumbers([]byte(letters), 4, 4, try) },
	func(letters string, try func([]byte)) { tryNumbers([]byte(letters), 5, 5, try) },
}

// hashes are the keys of the same letters that are looked for, and what Qt makes of them.
type hashes map[[sha1.Size]byte]string

// trySpellings tries what people add to a word, for all keys of the same letters at
// once. What there is no time for is left for the next List.
func trySpellings(unknown map[string][]*Entry) {
	wanted := byLetters(unknown)
	tries := 0
	for _, guess := range guesses {
		for _, letters := range slices.Sorted(maps.Keys(wanted)) {
			if tries > maxTries {
				return
			}
			left := wanted[letters]
			guess(letters, func(key []byte) {
				tries++
				sum := sha1.Sum(key)
				if rest, ok := left[sum]; ok {
					spellings.of[rest] = string(key)
					delete(left, sum)
				}
			})
			if len(left) == 0 {
				delete(wanted, letters)
			}
		}
	}
	for _, left := range wanted {
		for _, rest := range left {
			spellings.of[rest] = ""
		}
	}
}

// byLetters are those of unknown that were not tried yet.
func byLetters(unknown map[string][]*Entry) map[string]hashes {
	wanted := make(map[string]hashes)
	for rest := range unknown {
		if _, tried := spellings.of[rest]; tried {
			continue
		}
		letters := ipc.Letters(rest)
		if wanted[letters] == nil {
			wanted[letters] = make(hashes)
		}
		var sum [sha1.Size]byte
		_, _ = hex.Decode(sum[:], []byte(rest[len(letters):]))
		wanted[letters][sum] = rest
	}
	return wanted
}

// separators are what people put between words, and Qt leaves out.
const separators = "_-. :/@"

// trySeparators tries one between two letters, or before digits at the end.
func trySeparators(letters string, try func([]byte)) {
	for _, separator := range []byte(separators) {
		for i := 1; i < len(letters); i++ {
			try(slices.Concat([]byte(letters[:i]), []byte{separator}, []byte(letters[i:])))
		}
		tryNumbers(append([]byte(letters), separator), 1, 2, try)
	}
}

// tryInside tries up to two digits before or between letters.
func tryInside(letters string, try func([]byte)) {
	for i := range letters {
		tail := letters[i:]
		tryNumbers([]byte(letters[:i]), 1, 2, func(key []byte) { try(append(key, tail...)) })
	}
}

// tryNumbers tries head with all numbers of so many digits behind it.
func tryNumbers(head []byte, from, to int, try func([]byte)) {
	for n := from; n <= to; n++ {
		tryDigits(head, n, try)
	}
}

// tryDigits tries head with all of n digits behind it. The key is good until the call
// ends.
func tryDigits(head []byte, n int, try func([]byte)) {
	key := slices.Concat(head, bytes.Repeat([]byte{'0'}, n))
	digits := key[len(head):]
	for {
		try(key)
		i := n - 1
		for ; i >= 0 && digits[i] == '9'; i-- {
			digits[i] = '0'
		}
		if i < 0 {
			return
		}
		digits[i]++
	}
}
