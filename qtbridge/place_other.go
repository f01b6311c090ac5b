//go:build !windows

package qtbridge

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// hasKeyFiles tells whether system objects hang on files.
const hasKeyFiles = true

// largestSize is no limit: the kernel has its own, and names it.
const largestSize = math.MaxInt64

// longName says why the file that Qt makes of a key cannot be, "" if it can.
func longName(name string) string {
	const most = 255 // bytes in the name of a file
	if len(name) > most {
		return "it has more than 197 letters, and the file name that Qt makes of them is too long; use a shorter key on both sides"
	}
	return ""
}

// temporaryDir is what Qt takes as directory for temporary files, if it is set.
func temporaryDir() string { return os.Getenv("TMPDIR") }

// nativePlace makes the path absolute at once. Qt would take a relative one
// from the directory that is current at each call: after a chdir it leaves the
// key file behind.
func (k Key) nativePlace(op string) (place, error) {
	path := k.name
	if !filepath.IsAbs(path) {
		dir, err := os.Getwd()
		if err != nil {
			return place{}, &Error{Op: op, Key: k, Code: ErrKey, Err: err,
				Msg: "a relative native key needs a working directory: " + err.Error()}
		}
		path = dir + "/" + path
	}
	// Not cleaned: .. after a symbolic link is the kernel's to resolve.
	if !utf8.ValidString(path) {
		return place{}, keyError(op, k, "the working directory is not UTF-8; give an absolute path")
	}
	return place{segment: path}, nil
}

// keyIn is the native key name of a process whose working directory is dir.
func keyIn(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return strings.TrimRight(dir, "/") + "/" + name
}
