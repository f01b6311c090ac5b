//go:build linux

package sysv

import (
	"errors"
	"math"

	"qtinterop/internal/ipc"
)

// System is System V IPC.
type System struct{}

var traits = ipc.Traits{
	KeyFiles: true, IDs: true, Processes: true, DetachRemoves: true, SemaphoreOwners: true,
	CreateResets: true, LockWakes: true,
	KeyType: "systemv",
	Page:    1,
	MaxSize: math.MaxInt64, // the kernel has its own limit, and names it
	Remedies: map[ipc.Code]string{
		ipc.Resources:  "see the limits in /proc/sys/kernel/shmall, shmmni and sem, and what is there with ipcs",
		ipc.Size:       "see the limit in /proc/sys/kernel/shmmax",
		ipc.Unusable:   "check that the directory of the key file exists and can be written to",
		ipc.Permission: "run as the user who created it",
	},
}

// Traits are those of System V IPC.
func (System) Traits() *ipc.Traits { return &traits }

// CheckName tells whether a file can have the name that Qt makes of a key. That a
// native key can be a file its look tells.
func (System) CheckName(name string) error {
	const most = 255 // bytes in the name of a file
	if _, ok := ipc.QtRest(name); ok && len(name) > most {
		return &ipc.Error{Code: ipc.Unusable,
			Text: "it has more than 197 letters, and the file name that Qt makes of them is too long; use a shorter key on both sides"}
	}
	return nil
}

// NativeLock is the segment's own key file.
func (System) NativeLock(segment string) string { return segment }

// Touchable is always so: a segment that is attached is there.
func (System) Touchable([]byte) bool { return true }

// Reserve has nothing to do: the memory of a segment is accounted for when it is made.
func (System) Reserve(ipc.Place, int64) error { return nil }

// Remove is an Unsupported: Qt removes what there is.
func (System) Remove(string, int) error {
	return &ipc.Error{Code: ipc.Unsupported, Err: errors.ErrUnsupported, Text: "Qt removes it"}
}

var _ ipc.System = System{}
