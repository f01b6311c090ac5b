package qtbridge

import (
	"fmt"
	"unicode/utf16"
)

// hasKeyFiles tells whether system objects hang on files: on Windows they have
// names of their own.
const hasKeyFiles = false

// largestSize is what a process can address, of all that it has: Windows answers
// a larger size with an error that Qt has no name for.
const largestSize = 1 << 47

// longName says why Qt's name for a key cannot be, "" if it can. Windows would
// cut it off, and what tells it from others is at its end.
func longName(name string) string {
	const most = 32766 // UTF-16 units of an UNICODE_STRING with its end
	if n := len(utf16.Encode([]rune(name))); n > most {
		return fmt.Sprintf("Qt makes a name of %d letters of it, and Windows knows the first %d; use a shorter key on both sides", n, most)
	}
	return ""
}

// temporaryDir is of no meaning on Windows.
func temporaryDir() string { return "" }

// nativePlace is the name as it is.
func (k Key) nativePlace(op string) (place, error) {
	if why := longName(k.name); why != "" {
		return place{}, keyError(op, k, why)
	}
	return place{segment: k.name}, nil
}

// keyIn is name: on Windows it has nothing to do with directories.
func keyIn(_, name string) string { return name }
