//go:build cgo && linux

package conformance

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"qtinterop/internal/peertest"
	"qtinterop/internal/program"
	"qtinterop/qtbridge"
)

// Program is a finished Qt program, which knows nothing of this library: what can be
// proven of it from outside.
type Program struct {
	Command   string // for sh -c
	Key       qtbridge.Key
	Publishes bool           // it makes the segment; else it reads what we publish
	Expect    *regexp.Regexp // its content, or what a reader prints; nil for anything
}

const (
	appearing = 10 * time.Second // how long a program may take to do what it is expected to
	changing  = 3 * time.Second  // how long to look for changes
	tick      = 10 * time.Millisecond
)

// trial is a program at work.
type trial struct {
	*reporter
	Program
	running *program.Program
	ctx     context.Context
	hadFile bool   // whether the key file was there before the program
	reason  string // why a row is impossible

	data    []byte // the content, as it was seen last
	changes bool
	locks   bool
}

// step is a row of a program. Those after a vital one that fails are not tried.
type step struct {
	name, documented string
	run              func(*trial)
	vital            bool
}

var publisherSteps = []step{
	{"its segment appears", "create() makes a segment with a key file, and attaches", (*trial).appears, true},
	{"its key files are Qt's", "Qt makes empty files, in the directory for temporary files or where the native key says", (*trial).keyFiles, false},
	{"its content", "data() of all processes that are attached is the same memory", (*trial).content, true},
	{"Watch sees its changes", "data() of all processes that are attached is the same memory", (*trial).watchChanges, false},
	{"it takes the lock", "lock() makes an access exclusive", (*trial).takesLock, false},
	{"our lock excludes it", "lock() blocks until the process that has the lock unlocks", (*trial).isExcluded, false},
	{"what its crash leaves", "on Unix a segment outlives a crash of all who use it", (*trial).crashes, false},
}

var readerSteps = []step{
	{"it reads what we publish", "attach() meets the segment that exists at that time", (*trial).reads, true},
	{"its reaction", "data() of all processes that are attached is the same memory", (*trial).reacts, false},
	{"it takes the lock", "lock() makes an access exclusive", (*trial).takesLock, false},
	{"it bears messages of any size", "size() is at least what create() asked for", (*trial).bearsSizes, false},
	{"what its crash leaves", "on Unix the kernel detaches a process that ends", (*trial).readerCrashes, false},
}

func (p Program) steps() []step {
	if p.Publishes {
		return publisherSteps
	}
	return readerSteps
}

// Rows are the names of the rows that RunProgram tries, in order.
func (p Program) Rows() (names []string) {
	for _, step := range p.steps() {
		names = append(names, step.name)
	}
	return names
}

// RunProgram starts the program in a directory for temporary files of its own, reports
// each row as it ends, with the Qt that the program was seen to have, and kills the program.
// It sets TMPDIR meanwhile. If ctx ends, so does it, with its error, and does not report the
// row that is tried.
func RunProgram(ctx context.Context, p Program, report func(qt string, result Result)) error {
	r := &reporter{}
	var err error
	r.run(func() { err = runProgram(ctx, r, p, report) })
	if r.Failed() && err == nil {
		err = errors.New(r.failure)
	}
	return err
}

func runProgram(ctx context.Context, r *reporter, p Program, report func(string, Result)) error {
	limited, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	env := peertest.New(r)
	env.ProgramsLeaveBehind() // it is killed
	state, err := qtbridge.Inspect(p.Key)
	if err != nil || state.Segment.Exists {
		return cmp.Or(err, fmt.Errorf("there is a segment of %v already, %v: end who uses it, or see qtshm rm", p.Key, state.Verdict))
	}
	running, err := program.Start(exec.Command("sh", "-c", p.Command))
	if err != nil {
		return err
	}
	t := &trial{Program: p, running: running, ctx: limited, hadFile: state.Segment.File.Exists}
	defer t.end(env)
	qt := ""
	for _, step := range p.steps() {
		result := t.try(step)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		qt = cmp.Or(qt, running.Qt())
		report(cmp.Or(qt, "unknown"), result)
		if step.vital && result.Status == Failed {
			break
		}
	}
	return nil
}

// end leaves nothing of the program behind.
func (t *trial) end(env *peertest.Env) {
	t.running.Kill()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for _, key := range append(t.others(), t.Key) {
		_ = program.Remove(ctx, key)
	}
	if !t.hadFile {
		t.removeKeyFile()
	}
	program.AwaitPrivateLock(env.Tmp)
}

// removeKeyFile removes the key file, if nothing is left but that: a program that is killed
// before it has made its segment, or after it has removed it, leaves it.
func (t *trial) removeKeyFile() {
	state, err := qtbridge.Inspect(t.Key)
	if file := state.Segment.File; err == nil && !state.Segment.Exists && !state.Lock.Exists && file.Plain {
		_ = os.Remove(file.Path)
	}
}

func (t *trial) try(s step) Result {
	begun := time.Now()
	r := &reporter{}
	t.reporter, t.reason = r, ""
	r.run(func() { s.run(t) })
	result := Result{Row: s.name, Documented: s.documented, Status: Passed, Seconds: time.Since(begun).Seconds()}
	switch {
	case r.Failed():
		r.Logf("the program printed: %s", t.running.Output())
		result.Status, result.Reason = Failed, r.failure
	case t.reason != "":
		result.Status, result.Reason = Impossible, t.reason
	}
	result.Transcript = r.transcript()
	return result
}

// await waits until is, or fails the row.
func (t *trial) await(what string, is func() (bool, error)) {
	t.Helper()
	t.did(what, t.running.Await(t.ctx, appearing, what, is))
}

// did notes what the program did, or fails the row.
func (t *trial) did(what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(what)
}

func (t *trial) inspect() qtbridge.State {
	t.Helper()
	state, err := qtbridge.Inspect(t.Key)
	if err != nil {
		t.Fatal("Inspect():", err)
	}
	return state
}

// others are the keys of other segments that the program has made, as by a QtKey: their
// files are in its directory for temporary files.
func (t *trial) others() (keys []qtbridge.Key) {
	entries, err := qtbridge.List()
	if err != nil {
		return nil
	}
	for _, e := range entries {
		file := e.State.Segment.File.Path
		if e.Key == t.Key || !e.State.Segment.Exists || filepath.Dir(file) != os.TempDir() {
			continue
		}
		keys = append(keys, cmp.Or(e.Key, qtbridge.NativeKey(file)))
	}
	return keys
}

func (t *trial) appears() {
	defer func() {
		if others := t.others(); t.Failed() && len(others) > 0 {
			t.failure += fmt.Sprintf("; it has made %v", others)
		}
	}()
	_, err := t.running.AwaitSegment(t.ctx, appearing, t.Key)
	t.did("there is a segment of the program, and somebody is attached", err)
}

func (t *trial) keyFiles() {
	state := t.inspect()
	for _, file := range []qtbridge.KeyFile{state.Segment.File, state.Lock.File} {
		if file.Exists && !file.Plain {
			t.Errorf("%s is not an empty file", file.Path)
		}
		t.Logf("%s exists: %v", file.Path, file.Exists)
	}
}

// matches tells whether bytes, or what they are as UTF-16, match what is expected.
func (t *trial) matches(data []byte) bool {
	if t.Expect == nil {
		return len(bytes.Trim(data, "\x00")) > 0
	}
	text, err := qtbridge.UTF16LE.DecodeToNUL(data)
	return t.Expect.Match(data) || err == nil && t.Expect.MatchString(text)
}

func (t *trial) content() {
	what, patience := "the content is not all zero", changing
	if t.Expect != nil {
		what, patience = fmt.Sprintf("the content matches %q", t.Expect), appearing
	}
	var err error
	t.data, err = t.running.AwaitContent(t.ctx, patience, t.Key, what, t.matches)
	t.Logf("%d bytes: %.80q", len(t.data), t.data)
	if err != nil && t.Expect == nil && t.data != nil {
		t.reason = "it is all zero, as that of a program that only sees whether it runs already"
		return
	}
	t.did(what, err)
}

func (t *trial) watchChanges() {
	ctx, cancel := context.WithTimeout(t.ctx, changing)
	defer cancel()
	seen := 0
	for message, err := range qtbridge.Watch(ctx, t.Key, qtbridge.WatchOptions{}) {
		switch {
		case err != nil:
			t.Log("Watch():", err)
		case message.Cause != qtbridge.Removed:
			seen++
			t.Logf("%v, %v, %.40q", message.Cause, message.Means, message.Data)
		}
	}
	if t.changes = seen > 1; !t.changes {
		t.reason = fmt.Sprintf("its content did not change within %v", changing)
	}
}

func (t *trial) takesLock() {
	for deadline := time.Now().Add(changing); t.ctx.Err() == nil && time.Now().Before(deadline); time.Sleep(tick) {
		if locked, err := t.running.HasLocked(t.Key); err != nil {
			t.Fatal(err)
		} else if locked {
			t.locks = true
			t.Log("it used the lock last")
			return
		}
	}
	t.reason = fmt.Sprintf("it was not seen to take it within %v", changing)
	if !t.inspect().Lock.Exists {
		t.reason = "there is none; with a native key Qt before 6.6 has none"
	}
}

func (t *trial) isExcluded() {
	if !t.locks || !t.changes {
		t.reason = "it was not seen to take the lock, or to change anything"
		return
	}
	segment := t.attach()
	defer func() { _ = segment.Close() }()
	if err := segment.Lock(t.ctx); err != nil {
		t.Fatal("Lock():", err)
	}
	before, during := make([]byte, segment.Size()), make([]byte, segment.Size())
	_, err := segment.ReadAt(before, 0)
	time.Sleep(time.Second)
	_, errDuring := segment.ReadAt(during, 0)
	if err := errors.Join(err, errDuring, segment.Unlock()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, during) {
		t.Fatal("the content changed while we held the lock")
	}
	t.Log("nothing changed for a second")
	_ = segment.Close() // or a program that makes its segment anew could not
	const what = "it goes on afterwards"
	_, err = t.running.AwaitContent(t.ctx, appearing, t.Key, what, func(data []byte) bool { return !bytes.Equal(data, during) })
	t.did(what, err)
}

// attach attaches to the segment of the program. One that makes it anew for each message has
// none for a moment, or for longer if its create() met a reader.
func (t *trial) attach() (segment *qtbridge.Segment) {
	t.Helper()
	t.await("there is a segment to attach to", func() (bool, error) {
		var err error
		segment, err = qtbridge.Attach(t.ctx, t.Key, qtbridge.ReadWrite)
		if errors.Is(err, qtbridge.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	})
	return segment
}

func (t *trial) crashes() {
	_ = t.running.Await(t.ctx, changing, "there is a segment", func() (bool, error) { return t.inspect().Segment.Exists, nil })
	t.running.Kill()
	state := t.inspect()
	t.Logf("killed: %v", state.Verdict)
	if !state.Segment.Exists {
		t.reason = "it was killed while it had no segment, or its key file was gone"
		return
	}
	if state.Verdict != qtbridge.Orphaned && state.Segment.Attached == 0 {
		t.Errorf("the verdict is %v, not %v", state.Verdict, qtbridge.Orphaned)
	}
	t.gone()
}

// gone has what is left of the key removed.
func (t *trial) gone() {
	if _, err := qtbridge.Recover(t.ctx, t.Key, qtbridge.Policy{}); err != nil {
		t.Fatal("Recover():", err)
	}
	if state := t.inspect(); state.Segment.Exists {
		t.Fatalf("after Recover() the segment is %v", state.Verdict)
	}
}

// publish publishes messages of these sizes, one each tenth of a second, until is.
func (t *trial) publish(what string, sizes []int, is func() (bool, error)) {
	t.Helper()
	publisher, err := qtbridge.NewPublisher(t.Key, qtbridge.PublisherOptions{})
	if err != nil {
		t.Fatal("NewPublisher():", err)
	}
	defer func() { _ = publisher.Close() }()
	n, next := 0, time.Now()
	t.await(what, func() (bool, error) {
		if done, err := is(); done && n >= len(sizes) || err != nil {
			return done, err
		}
		if time.Now().After(next) {
			message := fmt.Appendf(nil, "qtshm-verify-%d", n)
			if n < len(sizes) {
				message = bytes.Repeat([]byte("v"), sizes[n])
			}
			if err := publisher.Publish(t.ctx, message); err != nil {
				t.Fatal("Publish():", err)
			}
			n, next = n+1, time.Now().Add(100*time.Millisecond)
		}
		return false, nil
	})
}

// hasRead tells whether the program is or was the last to attach or to lock.
func (t *trial) hasRead() (bool, error) { return t.running.HasAttached(t.Key) }

func (t *trial) reads() { t.publish("it has attached to our segment", nil, t.hasRead) }

func (t *trial) reacts() {
	if t.Expect == nil {
		t.reason = "nothing was said to be expected: see --expect-text"
		return
	}
	t.publish(fmt.Sprintf("it has printed what matches %q", t.Expect), nil, func() (bool, error) {
		return t.Expect.MatchString(t.running.Output()), nil
	})
}

func (t *trial) bearsSizes() {
	t.publish("it reads after messages of 1 byte, 1 MB and 4097 bytes", []int{1, 1 << 20, 4097}, t.hasRead)
}

func (t *trial) readerCrashes() {
	t.running.Kill()
	t.gone()
}
