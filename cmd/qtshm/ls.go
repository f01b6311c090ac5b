package main

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"qtinterop/qtbridge"
)

func (a *app) lsCmd() *cobra.Command {
	var wide, limits bool
	c := &cobra.Command{
		Use:   "ls",
		Short: "list every Qt segment and semaphore on the machine",
		Long: `ls lists every Qt segment and semaphore on the machine that can be seen, without
a change to any of them. As root it sees more: the key files and processes of
other users.

LOCK is free, held, jammed, - for none, ? for another user's, or =N for the value
of a semaphore. AGE is that of the segment, else of the semaphore or file. File
names tell only the letters of a key; the rest is found again by trying digits and
what processes have in their arguments. Where that does not help, the name is the
letters, …, and six digits of the hash that the file name has. COLUMNS is honoured;
in a pipe nothing is shortened.

A private lock is one that a Go program with this library needs of Qt 6.6 and later
while it is attached to anything: nothing to use or to remove.

On Windows it lists the objects of this session and those of Global\ with Qt's
names. ATT counts handles, and USERS are the processes that have them. What Windows
does not tell is left out.`,
		Example: "  qtshm ls\n  qtshm ls --limits\n  qtshm ls --json | jq -r 'select(.verdict == \"orphaned\") | .key'",
		Args:    usageArgs(noArgs),
		RunE: func(*cobra.Command, []string) error {
			if limits {
				return a.lsLimits()
			}
			return a.ls(wide)
		},
	}
	c.Flags().BoolVar(&wide, "wide", false, "nothing shortened to fit the terminal")
	c.Flags().BoolVar(&limits, "limits", false, "list the limits of System V IPC, and what is used of each")
	return c
}

func (a *app) ls(wide bool) error {
	entries, err := qtbridge.List()
	if err != nil {
		return err
	}
	names := users{}
	if a.json {
		for i := range entries {
			if err := a.printJSON(newEntryJSON(&entries[i], names)); err != nil {
				return err
			}
		}
		return nil
	}
	width := 0
	if !wide {
		width = widthOf(a.out)
	}
	return a.printf("%s\n", strings.Join(entryTable(entries, names, width), "\n"))
}

// widthOf is how many columns there are to fill: as COLUMNS has it, else the terminal. Where
// there is none, as in a pipe, it is 0, for any number.
func widthOf(w any) int {
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		return width
	}
	if file, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			return width
		}
	}
	return 0
}

var entryColumns = []column{
	{title: "NAME", least: 17, tail: true}, {title: "KIND", least: 5}, {title: "SIZE", right: true},
	{title: "ATT", right: true}, {title: "OWNER", least: 5}, {title: "CREATOR", least: 7},
	{title: "LAST", least: 7}, {title: "USERS", least: 7}, {title: "LOCK"}, {title: "AGE", right: true}, {title: "VERDICT", least: 9},
}

func entryTable(entries []qtbridge.Entry, names users, width int) []string {
	now := time.Now()
	var rows [][]string
	for i := range entries {
		e := &entries[i]
		s := &e.State.Segment
		size, attached := "-", "-"
		if s.Exists {
			size, attached = sizeCell(s.Size), attachedText(s.Attached)
		}
		rows = append(rows, []string{
			shownName(e), e.Kind.String(), size, attached, names.name(entryOwner(e)),
			programCell(e, s.Creator.PID), programCell(e, lastUser(e)), usersCell(e), lockCell(e),
			ageText(e.Made, now), e.State.Verdict.String(),
		})
	}
	return layOutKnown(entryColumns, rows, width)
}

// entryJSON is an entry as ls --json shows it; docs/qtshm.md documents it. What
// info shows as well has the same fields there.
type entryJSON struct {
	Kind    string      `json:"kind"`
	Key     string      `json:"key,omitempty"`  // where it is certain
	Name    string      `json:"name,omitempty"` // as far as the file name tells
	Verdict string      `json:"verdict"`
	Owner   string      `json:"owner,omitempty"`
	Made    *time.Time  `json:"made,omitempty"`
	Segment segmentJSON `json:"segment"`
	Lock    *lockJSON   `json:"lock"`
	Strays  []strayJSON `json:"strays"`
	// Strangers are the processes of other IPC namespaces that use the key file.
	Strangers []int         `json:"strangers,omitempty"`
	Users     []processJSON `json:"users"` // attached, as far as this user sees
}

func newEntryJSON(e *qtbridge.Entry, names users) entryJSON {
	s := &e.State
	info := newInfoJSON(s)
	shown := entryJSON{
		Kind: e.Kind.String(), Name: e.Name, Verdict: info.Verdict, Segment: info.Segment, Strays: info.Strays,
		Strangers: s.Strangers, Users: []processJSON{},
	}
	if hasKeyFiles {
		shown.Owner = names.name(entryOwner(e))
	}
	if e.Key != (qtbridge.Key{}) {
		shown.Key = e.Key.String()
	}
	if !e.Made.IsZero() {
		made := e.Made.UTC()
		shown.Made = &made
	}
	if s.Lock.Exists {
		shown.Lock = newLockJSON(&s.Lock)
		shown.Lock.IPCKey = keyCell(s.Lock.IPCKey)
	}
	if s.Segment.Exists {
		shown.Segment.IPCKey = keyCell(s.Segment.IPCKey)
	}
	for _, pid := range e.Users {
		shown.Users = append(shown.Users, processJSON{pid, true, e.Programs[pid]})
	}
	return shown
}

// keyCell is a System V key; nothing for POSIX objects, which have none.
func keyCell(key int32) string {
	if key == 0 {
		return ""
	}
	return ipcKeyText(key)
}
