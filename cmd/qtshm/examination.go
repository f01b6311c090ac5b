package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"qtinterop/qtbridge"
)

// examination is a doctor's work under way.
type examination struct {
	peer     *peerProcess // nil without --peer
	entries  []qtbridge.Entry
	names    users
	findings []*finding
	key      string // what is examined, empty for all
	dir      string // in which its key file is

	lacksSegment bool // it is a key that leads to none
}

func newExamination(peer int) (*examination, error) {
	x := &examination{names: users{}, dir: os.TempDir()}
	var err error
	if peer > 0 {
		if x.peer, err = newPeerProcess(peer); err != nil {
			return nil, err
		}
	}
	x.entries, err = qtbridge.List()
	if e, ok := errors.AsType[*qtbridge.Error](err); ok && (e.Code == qtbridge.ErrUnsupported || e.Code == qtbridge.ErrPermission) {
		x.addNoIPC(e)
		return x, nil
	}
	return x, err
}

// addNoIPC is about a system that does not let us see anything.
func (x *examination) addNoIPC(err *qtbridge.Error) {
	f := finding{ID: "no-ipc", Severity: problem, Command: "qtshm version",
		Text: "Qt programs cannot share memory by System V IPC here: " + err.Msg + ". Whether this Qt has POSIX keys, the command tells."}
	if _, err := os.Stat("/proc/self"); err != nil {
		f.Command = "mount -t proc proc /proc"
		f.Text = "What there is cannot be seen: there is no /proc to read, which tells of all segments and their processes."
	}
	x.add(f)
}

// hasIPC tells whether anything can be seen.
func (x *examination) hasIPC() bool { return !x.has("no-ipc") }

func (x *examination) add(f finding) *finding {
	x.findings = append(x.findings, &f)
	return &f
}

// examineAll examines what ls shows.
func (x *examination) examineAll() {
	for i := range x.entries {
		e := &x.entries[i]
		alone := e.Kind == qtbridge.KindSemaphore || e.Kind == qtbridge.KindPosix
		if alone && !e.State.Segment.File.Exists {
			continue // a QSystemSemaphore may be as its programs want it
		}
		x.judge(e, entryName(e))
	}
	x.examineStrangers()
	if x.peer != nil {
		x.compare(qtbridge.Key{})
	}
}

// examineKey examines why nobody, or the peer, is met at key.
func (x *examination) examineKey(key qtbridge.Key) error {
	x.key = key.String()
	state, err := qtbridge.Inspect(key)
	if path := state.Segment.File.Path; path != "" {
		x.dir = filepath.Dir(path)
	}
	if err != nil {
		return x.excuse(err)
	}
	x.lacksSegment = !state.Segment.Exists
	e := x.entryOf(key, &state)
	x.judge(e, key.String())
	if state.Lock.PrivateTo != nil {
		return nil // nobody has a segment of such a key
	}
	if state.Elsewhere != (qtbridge.Key{}) {
		x.addOtherSystem(key, state.Elsewhere)
		return nil
	}
	x.seekElsewhere(key, &state)
	x.seekStrangers(key, &state)
	x.seekOtherWorld(key, &state)
	x.seekOtherKind(key, &state)
	x.seekNameless(key, &state)
	x.seekOrphans(&state)
	if x.peer != nil {
		x.compare(key)
		x.compareSegments(&state)
	}
	x.checkUser(key, &state)
	if !state.Segment.Exists && !x.hasProblem() {
		x.addNoSegment(key)
	}
	return nil
}

// excuse is err, unless a finding will tell why nothing can be seen.
func (x *examination) excuse(err error) error {
	if _, errDir := os.ReadDir(x.dir); !x.hasIPC() || hasKeyFiles && errDir != nil {
		return nil
	}
	return err
}

// entryOf is what List found of a key, with what was seen of it by now. By the path of a
// file of Qt's it is what that file belongs to, lock included.
func (x *examination) entryOf(key qtbridge.Key, state *qtbridge.State) *qtbridge.Entry {
	for i := range x.entries {
		if x.entries[i].State.Segment.File.Path != state.Segment.File.Path {
			continue
		}
		found := x.entries[i]
		if key.IsNative() && !found.Key.IsNative() {
			state.Lock, state.Verdict = found.State.Lock, found.State.Verdict
		}
		if len(state.Strays) == 0 && found.State.Segment.ID == state.Segment.ID && staysAstray(&found) {
			state.Strays, state.Verdict = found.State.Strays, found.State.Verdict
		}
		found.Key, found.State = key, *state
		return &found
	}
	return &qtbridge.Entry{Key: key, Name: key.Name(), State: *state}
}

// staysAstray tells whether the strays of an entry are there after another look as well, as
// what comes and goes is not. Inspect takes any file with the inode of a lost key file for
// that, as a pipe that was made since; List does not.
func staysAstray(e *qtbridge.Entry) bool {
	if len(e.State.Strays) == 0 {
		return false
	}
	entries, err := qtbridge.List()
	return err == nil && slices.ContainsFunc(entries, func(again qtbridge.Entry) bool {
		return again.State.Segment.File.Path == e.State.Segment.File.Path && slices.EqualFunc(again.State.Strays, e.State.Strays,
			func(a, b qtbridge.Stray) bool { return a.ID == b.ID })
	})
}

func (x *examination) hasProblem() bool {
	for _, f := range x.findings {
		if f.Severity == problem {
			return true
		}
	}
	return false
}

func (x *examination) addPrivate(f finding, p *peerProcess, dir string, key qtbridge.Key) {
	f.ID, f.PIDs = "private-tmp", []int{p.pid}
	f.Text = fmt.Sprintf("%v sees another directory under the name %s than this program, as with PrivateTmp= of systemd or in a container; so they have key files of their own.", p, dir)
	f.Command = fmt.Sprintf("nsenter --target %d --mount qtshm doctor", p.pid)
	if key != (qtbridge.Key{}) {
		f.Command += " " + quote(key.String())
	}
	if p.unit != "" {
		f.Text += " Set PrivateTmp=no for " + p.unit + " for good, or give both a TMPDIR that they share."
	}
	x.add(f)
}

// seekOtherKind looks for the name as a key of the other kind.
func (x *examination) seekOtherKind(key qtbridge.Key, state *qtbridge.State) {
	if state.Segment.Exists {
		return
	}
	base := filepath.Base(key.Name())
	if key.IsNative() {
		other := qtbridge.QtKey(base)
		if found, err := qtbridge.Inspect(other); err == nil && found.Segment.Exists {
			x.addOtherKind(key, other, "setKey", "setNativeKey")
		}
		return
	}
	for i := range x.entries {
		e := &x.entries[i]
		if e.Key.IsNative() && e.State.Segment.Exists && (e.Key.Name() == key.Name() || filepath.Base(e.Key.Name()) == base) {
			x.addOtherKind(key, e.Key, "setNativeKey", "setKey")
			return
		}
	}
	other := qtbridge.NativeKey(key.Name())
	if found, err := qtbridge.Inspect(other); err == nil && found.Segment.Exists {
		x.addOtherKind(key, other, "setNativeKey", "setKey")
	}
}

// addOtherSystem is about a segment of this key by a Qt that was built otherwise.
func (x *examination) addOtherSystem(key, other qtbridge.Key) {
	x.add(finding{ID: "posix-build", Severity: problem, Key: key.String(), Command: "qtshm get " + quote(other.String()),
		Text: "The segment of this key is POSIX shared memory: the Qt of its program was built with QT_POSIX_IPC, and that of this program was not. The two never meet by this key. Qt 6.6 and later reaches the segment by the key in the command."})
}

func (x *examination) addOtherKind(key, other qtbridge.Key, theirs, ours string) {
	x.add(finding{ID: "key-kind", Severity: problem, Key: key.String(), Command: "qtshm get " + quote(other.String()),
		Text: fmt.Sprintf("There is no segment of this key, but one of %s: another program calls %s with this name, and this key is one for %s. The two never meet.", other, theirs, ours)})
}

// checkUser tells whether the segment or its lock is another user's, from whom we are
// shut out.
func (x *examination) checkUser(key qtbridge.Key, state *qtbridge.State) {
	s, l := &state.Segment, &state.Lock
	if hasKeyFiles && os.Geteuid() != 0 && !s.Exists && l.Exists && l.Owner != os.Geteuid() && l.Mode&0o006 == 0 {
		f := finding{ID: "foreign-lock", Severity: problem, Key: key.String(),
			Command: fmt.Sprintf("sudo -u %s qtshm rm --force %s", x.names.name(l.Owner), quote(key.String())),
			Text: fmt.Sprintf("There is no segment of this key, but its lock, semaphore %d, which belongs to user %s. This program runs as user %s, which that shuts out: every create() fails.",
				l.ID, x.names.name(l.Owner), x.names.name(os.Geteuid()))}
		if l.Last.PID != 0 && l.Last.Alive {
			f.PIDs = []int{l.Last.PID}
			f.Text += fmt.Sprintf(" Process %s used it last, and runs; end that first.", programText(l.Last.PID))
		}
		x.add(f)
	}
	if s.Exists && os.Geteuid() > 0 && s.Owner != os.Geteuid() && s.Mode&0o007 == 0 {
		x.addOtherUser(key, s.Owner, os.Geteuid(), "this program")
	}
}

func (x *examination) addOtherUser(key qtbridge.Key, owner, other int, who string) {
	x.add(finding{ID: "other-user", Severity: problem, Key: key.String(),
		Command: fmt.Sprintf("sudo -u %s qtshm doctor %s", x.names.name(owner), quote(key.String())),
		Text: fmt.Sprintf("The segment belongs to user %s, and %s runs as user %s. Qt gives nobody else access to its segments; run both as the same user.",
			x.names.name(owner), who, x.names.name(other))})
}
