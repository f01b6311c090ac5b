package main

import (
	"cmp"
	"fmt"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"qtinterop/qtbridge"
)

// entryName is the name of an entry as ls shows it: as KEY if it is certain.
func entryName(e *qtbridge.Entry) string {
	switch {
	case e.Key != (qtbridge.Key{}):
		return printable(e.Key.String())
	case e.Name != "":
		return printable(e.Name + shortHash(e))
	case e.State.Segment.Exists:
		return fmt.Sprintf("%#x", uint32(e.State.Segment.IPCKey))
	}
	return fmt.Sprintf("%#x", uint32(e.State.Lock.IPCKey))
}

// shownName is entryName for a table: of a private lock, which is no key of anybody's, it
// tells whose that is.
func shownName(e *qtbridge.Entry) string {
	if owner := e.State.Lock.PrivateTo; owner != nil {
		return privateLockText(owner)
	}
	return entryName(e)
}

// privateLockText is what a private lock is.
func privateLockText(owner *qtbridge.Process) string {
	switch {
	case owner.PID == 0:
		return "private lock of a process of another pid namespace (Go)"
	case !owner.Alive:
		return fmt.Sprintf("private lock of process %d, which is gone (Go)", owner.PID)
	}
	return fmt.Sprintf("private lock of process %d (Go)", owner.PID)
}

// shortHash tells names apart that are not known in full: the start of the hash that ends
// the name of a key file of Qt's.
func shortHash(e *qtbridge.Entry) string {
	const hash, short = 40, 6 // digits of a SHA-1, and of those shown
	base := filepath.Base(e.State.Segment.File.Path)
	if !strings.HasSuffix(e.Name, "…") || len(base) < hash {
		return ""
	}
	return base[len(base)-hash:][:short]
}

// printable is text without what a terminal would take for commands.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// lockCell is the state of the lock, or the value of a semaphore, in a word.
func lockCell(e *qtbridge.Entry) string {
	l := &e.State.Lock
	switch {
	case !l.Exists:
		return "-"
	case l.Value < 0:
		return "?"
	case e.Kind == qtbridge.KindSemaphore || l.Value > 1:
		return "=" + strconv.Itoa(l.Value)
	case l.Value == 1:
		return "free"
	case l.Last.Alive:
		return "held"
	}
	return "jammed"
}

// programCell is a process with its program: 123/name.
func programCell(e *qtbridge.Entry, pid int) string {
	if pid == 0 {
		return "-"
	}
	if program := e.Programs[pid]; program != "" {
		return strconv.Itoa(pid) + "/" + printable(program)
	}
	return strconv.Itoa(pid)
}

// usersCell are the processes that have a segment open.
func usersCell(e *qtbridge.Entry) string {
	var users []string
	for _, pid := range e.Users {
		users = append(users, programCell(e, pid))
	}
	return cmp.Or(strings.Join(users, ","), "-")
}

// whoHas names the processes that have a segment.
func whoHas(e *qtbridge.Entry) string {
	if len(e.Users) == 0 {
		return "Somebody"
	}
	var names []string
	for _, pid := range e.Users {
		names = append(names, programCell(e, pid))
	}
	return "Process " + strings.Join(names, ", ")
}

// entryOwner is the uid that an entry's segment, semaphore or file belongs to.
func entryOwner(e *qtbridge.Entry) int {
	s := &e.State
	switch {
	case s.Segment.Exists:
		return s.Segment.Owner
	case s.Lock.Exists:
		return s.Lock.Owner
	case s.Segment.File.Exists:
		return s.Segment.File.Owner
	}
	return s.Lock.File.Owner
}

// lastUser is the last process at the segment, else at the semaphore.
func lastUser(e *qtbridge.Entry) int {
	if e.State.Segment.Exists {
		return e.State.Segment.Last.PID
	}
	return e.State.Lock.Last.PID
}

// users are the names of users by uid.
type users map[int]string

func (u users) name(uid int) string {
	name, ok := u[uid]
	if !ok {
		name = strconv.Itoa(uid)
		if found, err := user.LookupId(name); err == nil {
			name = found.Username
		}
		u[uid] = name
	}
	return name
}

// sizeCell is a size in at most five characters.
func sizeCell(size int64) string {
	if size < 10_000 {
		return strconv.FormatInt(size, 10)
	}
	value := float64(size)
	for _, unit := range "KMGTPE" {
		value /= 1024
		if value < 9.95 {
			return fmt.Sprintf("%.1f%c", value, unit)
		}
		if value < 1000 {
			return fmt.Sprintf("%.0f%c", value, unit)
		}
	}
	return strconv.FormatInt(size, 10)
}

// ageText is how long ago something was, in its largest unit.
func ageText(made, now time.Time) string {
	if made.IsZero() {
		return "-"
	}
	age := max(now.Sub(made), 0)
	switch {
	case age < time.Minute:
		return fmt.Sprintf("%ds", int(age.Seconds()))
	case age < time.Hour:
		return fmt.Sprintf("%dm", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%dh", int(age.Hours()))
	}
	return fmt.Sprintf("%dd", int(age.Hours()/24))
}

// reach is how this program gets at an entry: by key, with TMPDIR set to tmpdir
// if that is not empty. Where the key is not certain, its file does as a native
// key; ok is false if there is none.
func reach(e *qtbridge.Entry) (key qtbridge.Key, tmpdir string, ok bool) {
	file := e.State.Segment.File.Path
	switch {
	case file == "":
		return key, "", false
	case e.Key.IsPosix():
		return e.Key, "", true
	case e.Key == (qtbridge.Key{}):
		return qtbridge.NativeKey(file), "", true
	case e.Key.IsNative():
		return e.Key, "", true
	}
	if ours, _, err := e.Key.KeyFiles(); err == nil && ours == file {
		return e.Key, "", true
	}
	return e.Key, filepath.Dir(file), true
}
