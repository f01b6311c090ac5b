package winobj

import (
	"errors"
	"fmt"
	"unicode/utf16"

	"qtinterop/internal/ipc"
)

// System is the named objects of Windows.
type System struct{ ipc.NoKeyFiles }

var (
	_ ipc.System    = System{}
	_ ipc.LockMaker = System{}
)

var traits = ipc.Traits{
	LooksHold: true,
	KeyType:   "windows",
	Page:      4096,
	// What a process can address, of all that it has: Windows answers a larger
	// size with an error that Qt has no name for.
	MaxSize: 1 << 47,
	Remedies: map[ipc.Code]string{
		ipc.Resources:  "the system is short of memory; end programs, or let the paging file grow",
		ipc.Size:       "use a smaller one",
		ipc.Unusable:   "use a key without backslashes, but for Global\\ and Local\\ at the start of a native key",
		ipc.Permission: "run as the user who created it; to create in Global\\ takes the right to create global objects",
	},
}

// Traits are what the system is like.
func (System) Traits() *ipc.Traits { return &traits }

// CheckName tells whether a name can be. Windows would cut off one that is too
// long, and what tells it from others is at its end.
func (System) CheckName(name string) error {
	const most = 32766 // UTF-16 units of an UNICODE_STRING with its end
	if n := len(utf16.Encode([]rune(name))); n > most {
		return &ipc.Error{Code: ipc.Unusable,
			Text: fmt.Sprintf("Qt makes a name of %d letters of it, and Windows knows the first %d; use a shorter key on both sides", n, most)}
	}
	return nil
}

// NativeLock is the name that QSharedMemory makes of the segment's, of which it takes
// the first 255 UTF-16 units.
func (System) NativeLock(segment string) string {
	const suffix = "_sem"
	units := utf16.Encode([]rune(segment))
	const most = 260 - len(suffix) - 1 // MAX_PATH
	return string(utf16.Decode(units[:min(len(units), most)])) + suffix
}

// CheckSize has nothing to say: the system names its limits itself.
func (System) CheckSize(int64, int64) error { return nil }

// HandOver has nothing to do: objects have no owner who would be shut out.
func (System) HandOver(ipc.Place) error { return nil }

// Reserve has nothing to do: the memory of a segment is committed when it is made.
func (System) Reserve(ipc.Place, int64) error { return nil }

// Remove is an Unsupported: what nobody has open is gone.
func (System) Remove(string, int) error {
	return &ipc.Error{Code: ipc.Unsupported, Err: errors.ErrUnsupported, Text: "it goes with its last handle"}
}
