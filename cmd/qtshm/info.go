package main

import (
	"fmt"
	"io/fs"
	"os/user"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

func (a *app) infoCmd() *cobra.Command {
	return &cobra.Command{
		Use:        "info KEY",
		Short:      "tell all that there is of a key, without touching it",
		SuggestFor: []string{"show", "status"},
		Long: perSystem(`info tells the files that Qt derives from a key, the System V keys and ids that
they lead to, what the kernel knows of the segment and its lock, and in a word
what is the matter: free, live, locked, orphaned, lock jammed and so on. It
attaches to nothing and locks nothing.`,
			`info tells the names of the objects that Qt derives from a key, the size in whole
pages, how many handles are open, the state of the lock, and in a word what is the
matter: free, live, locked or lock jammed. It keeps nothing open and locks nothing.`),
		Example: "  qtshm info Config\n  qtshm info --json native:/var/run/viewer/shm.key",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE:    func(_ *cobra.Command, args []string) error { return a.info(args[0]) },
	}
}

// inspect is Inspect of a KEY.
func inspect(name string) (qtbridge.State, error) {
	key, err := qtbridge.ParseKey(name)
	if err != nil {
		return qtbridge.State{}, err
	}
	return qtbridge.Inspect(key)
}

func (a *app) info(name string) error {
	state, err := inspect(name)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(newInfoJSON(&state))
	}
	return a.printInfo(&state)
}

// verdictColours are for terminals: good, worth a look, broken.
var verdictColours = map[qtbridge.Verdict]string{
	qtbridge.Live: "\x1b[32m", qtbridge.Locked: "\x1b[33m", qtbridge.Orphaned: "\x1b[33m", qtbridge.Abandoned: "\x1b[33m", qtbridge.Leftover: "\x1b[33m",
	qtbridge.LockLost: "\x1b[31m", qtbridge.Namesake: "\x1b[31m", qtbridge.KeyFileLost: "\x1b[31m", qtbridge.SegmentLost: "\x1b[31m", qtbridge.Split: "\x1b[31m", qtbridge.LockOpen: "\x1b[31m", qtbridge.Jammed: "\x1b[31m",
}

// verdictText is a verdict, in colour if so wanted.
func verdictText(v qtbridge.Verdict, colour bool) string {
	if code := verdictColours[v]; colour && code != "" {
		return code + v.String() + "\x1b[0m"
	}
	return v.String()
}

func (a *app) printInfo(s *qtbridge.State) error {
	var text strings.Builder
	text.WriteString(infoLine("key", fmt.Sprintf("%s   (%s)", s.Key, callOf(s.Key))))
	text.WriteString(fmt.Sprintf("%-15s %s\n", "verdict", verdictText(s.Verdict, hasColour(a.out))))
	if s.Elsewhere != (qtbridge.Key{}) {
		text.WriteString(infoLine("found as", s.Elsewhere.String()))
	}
	text.WriteString(segmentText(&s.Segment))
	text.WriteString(lockLines(s.Key, &s.Lock))
	for _, pid := range s.Strangers {
		text.WriteString(infoLine("in use elsewhere", fmt.Sprintf("by process %s, in another IPC namespace", programText(pid))))
	}
	for i := range s.Strays {
		text.WriteString(strayText(&s.Strays[i]))
	}
	return a.printf("%s", text.String())
}

// callOf is how a Qt program sets a key.
func callOf(key qtbridge.Key) string {
	switch {
	case key == qtbridge.NativeKey(key.Name()):
		return fmt.Sprintf("setNativeKey(%q)", key.Name())
	case key == qtbridge.QtKey(key.Name()):
		return fmt.Sprintf("setKey(%q)", key.Name())
	}
	return fmt.Sprintf("setNativeKey(QNativeIpcKey::fromString(%q))", key)
}

func infoLine(name, text string) string { return fmt.Sprintf("%-15s %s\n", name, printable(text)) }

func fileText(f *qtbridge.KeyFile) string {
	switch {
	case !f.Exists:
		return f.Path + "   (does not exist)"
	case !f.Plain:
		return f.Path + "   (not an empty file as Qt makes one)"
	}
	return f.Path
}

// placeLines tell where an object is found: by the key file, or by its name.
func placeLines(file, object string, f *qtbridge.KeyFile, ipcKey int32) string {
	switch {
	case !hasKeyFiles:
		return infoLine(object, f.Path)
	case !f.Exists:
		return infoLine(file, fileText(f))
	case isMemoryFile(f, ipcKey):
		return infoLine(strings.TrimPrefix(file, "key "), f.Path)
	}
	return infoLine(file, fileText(f)) + infoLine("System V key", ipcKeyText(ipcKey))
}

// isMemoryFile tells whether a file is the object itself, as of POSIX keys.
func isMemoryFile(f *qtbridge.KeyFile, ipcKey int32) bool { return f.Exists && ipcKey == 0 }

func segmentText(s *qtbridge.SegmentState) string {
	text := placeLines("key file", "object", &s.File, s.IPCKey)
	switch {
	case !s.Exists:
		return text + infoLine("segment", "none")
	case !hasKeyFiles:
		return text + infoLine("segment", sizeLine(s.Size)) + infoLine("  handles", strconv.Itoa(s.Attached))
	}
	return text + infoLine("segment", "id "+strconv.Itoa(s.ID)) + factLines(&s.SegmentFacts) + namesakeLines(s.Namesakes)
}

func factLines(f *qtbridge.SegmentFacts) string {
	text := infoLine("  size", sizeLine(f.Size)) +
		infoLine("  attached", attachedText(f.Attached)) +
		infoLine("  owner", userText(f.Owner)+", mode "+modeText(f.Mode))
	if f.IPCKey == 0 {
		return text // a memory file, which does not tell who used it
	}
	return text +
		infoLine("  creator", processText(f.Creator)) +
		infoLine("  last used by", processText(f.Last))
}

// attachedText is how many are attached.
func attachedText(n int) string {
	if n < 0 {
		return "?"
	}
	return strconv.Itoa(n)
}

// sizeLine is a size in bytes, and in a larger unit where there is one.
func sizeLine(n int64) string {
	if n < 1<<10 {
		return sizeText(n)
	}
	return fmt.Sprintf("%d bytes (%s)", n, sizeText(n))
}

func lockLines(key qtbridge.Key, l *qtbridge.LockState) string {
	text := ""
	switch {
	case !key.IsNative() || key.IsPosix():
		text = placeLines("lock file", "lock object", &l.File, l.IPCKey)
	case !l.Exists:
		return infoLine("lock", "none: with a native key programs have one since Qt 6.6")
	}
	if !l.Exists {
		return text + infoLine("lock", "none")
	}
	if l.PrivateTo != nil {
		text += infoLine("what it is", privateLockText(l.PrivateTo))
	}
	state := lockText(l)
	if l.Value > 1 {
		state = fmt.Sprintf("a semaphore at %d", l.Value)
	}
	if !hasKeyFiles {
		return text + infoLine("lock", state) + userLines(l)
	}
	text += infoLine("lock", fmt.Sprintf("id %d, %s", l.ID, state))
	if key.IsPosix() {
		return text + infoLine("  owner", userText(l.Owner)+", mode "+modeText(l.Mode)) + userLines(l)
	}
	return text +
		infoLine("  waiting", strconv.Itoa(l.Waiters)) +
		infoLine("  owner", userText(l.Owner)+", mode "+modeText(l.Mode)) +
		infoLine("  last used by", processText(l.Last)) + namesakeLines(l.Namesakes)
}

// userLines are the processes that have a lock open.
func userLines(l *qtbridge.LockState) string {
	var text strings.Builder
	for _, pid := range l.Users {
		text.WriteString(infoLine("  open in", "process "+programText(pid)))
	}
	return text.String()
}

func strayText(s *qtbridge.Stray) string {
	removed := ""
	if s.Removed {
		removed = ", removed from the system"
	}
	return infoLine("stray segment", fmt.Sprintf("id %d%s, suspected: %v", s.ID, removed, s.Evidence)) +
		factLines(&s.SegmentFacts) + infoLine("  users", fmt.Sprint(s.Users))
}

func processText(p qtbridge.Process) string {
	switch {
	case p.PID == 0:
		return "unknown"
	case !p.Alive:
		return fmt.Sprintf("process %d, which is gone", p.PID)
	}
	return "process " + programText(p.PID)
}

// userText is a user for people: 1000 (anna).
func userText(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return fmt.Sprintf("user %d (%s)", uid, u.Username)
	}
	return fmt.Sprintf("user %d", uid)
}

// ipcKeyText is a System V key as ipcs(1) shows it.
func ipcKeyText(key int32) string { return fmt.Sprintf("0x%08x", uint32(key)) }

func modeText(mode fs.FileMode) string { return fmt.Sprintf("%04o", uint32(mode)) }

func lockText(l *qtbridge.LockState) string {
	switch {
	case l.Value < 0:
		return "unknown"
	case l.Value == 0:
		return "held"
	}
	return "free"
}
