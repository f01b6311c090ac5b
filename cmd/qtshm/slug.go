package main

import (
	"strings"

	"qtinterop/qtbridge"
)

// Slugs are what JSON has in place of words: programs compare with them, and they
// never change.

// statusSlugs are the codes of errors that are not qtbridge's.
var statusSlugs = map[int]string{
	exitError:       "failed",
	exitUsage:       "usage",
	exitNotFound:    "not-found",
	exitExists:      "exists",
	exitPermission:  "permission",
	exitLocked:      "timed-out",
	exitInUse:       "in-use",
	exitUnused:      "unused",
	exitCannotRun:   "cannot-run",
	exitNoCommand:   "no-command",
	exitInterrupted: "interrupted",
}

// codeSlugs are the codes of qtbridge's errors.
var codeSlugs = map[qtbridge.Code]string{
	qtbridge.ErrUnknown:     "failed",
	qtbridge.ErrNotFound:    "not-found",
	qtbridge.ErrExists:      "exists",
	qtbridge.ErrPermission:  "permission",
	qtbridge.ErrKey:         "key",
	qtbridge.ErrSize:        "size",
	qtbridge.ErrRange:       "range",
	qtbridge.ErrCount:       "count",
	qtbridge.ErrMode:        "mode",
	qtbridge.ErrText:        "text",
	qtbridge.ErrResources:   "resources",
	qtbridge.ErrNoLock:      "no-lock",
	qtbridge.ErrLocked:      "locked",
	qtbridge.ErrNotLocked:   "not-locked",
	qtbridge.ErrLockLost:    "lock-lost",
	qtbridge.ErrReadOnly:    "read-only",
	qtbridge.ErrClosed:      "closed",
	qtbridge.ErrBusy:        "in-use",
	qtbridge.ErrUnstable:    "unstable",
	qtbridge.ErrUnsupported: "unsupported",
	qtbridge.ErrUnavailable: "unavailable",
}

// evidenceSlugs are what links a stray to a key.
var evidenceSlugs = map[qtbridge.Evidence]string{
	qtbridge.SameKey:       "same-key",
	qtbridge.UsedLock:      "used-lock",
	qtbridge.SameCreator:   "same-creator",
	qtbridge.SameDirectory: "same-directory",
	qtbridge.SameAge:       "same-age",
	qtbridge.SameProgram:   "same-program",
}

// slugOf is a name of few words, as a verdict has, as a slug.
func slugOf(name string) string { return strings.ReplaceAll(name, " ", "-") }
