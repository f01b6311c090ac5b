//go:build linux || windows

package peertest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// limit is how long anything of a peer may take before the test fails.
const limit = 60 * time.Second

// Of how many peers a failed test logs the stderr, and how much of it.
const (
	logPeers = 4
	logBytes = 2000
)

// QtVersions are the Qts that there is a testpeer of.
var QtVersions = []int{5, 6}

// began is where the program did, before any test changes directory.
var began, errBegan = os.Getwd()

// root is the directory of go.mod. Programs that are no tests, as qtshm, do not look for it.
var root = sync.OnceValue(findRoot)

func findRoot() string {
	dir, err := began, errBegan
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// Path returns the testpeer of a Qt: that in the directory QTINTEROP_TESTPEERS, if that
// is set. Without one the test is skipped, and fails in CI.
func Path(t TB, qt int) string {
	t.Helper()
	path := filepath.Join(root(), "build", fmt.Sprintf(program, qt))
	if dir := os.Getenv("QTINTEROP_TESTPEERS"); dir != "" {
		path = filepath.Join(dir, filepath.Base(path))
	}
	if _, err := os.Stat(path); err != nil {
		Skip(t, "there is no testpeer of Qt "+strconv.Itoa(qt)+": run "+builder)
	}
	return path
}

// Skip skips a test for something that the machine lacks. In CI nothing may be
// lacking.
func Skip(t TB, reason string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("in CI, where nothing may be skipped: %s", reason)
	}
	t.Skip(reason)
}

// Args are the arguments of a verb.
type Args map[string]any

// Protocol is the version of what is spoken with peers: another one means another thing
// by some verb that there was before.
const Protocol = 1

// Reply is the answer to a verb; see cpp/testpeer/README.md.
type Reply struct {
	ID          int    `json:"id"`
	Ret         any    `json:"ret"`
	NS          int64  `json:"ns"`
	Error       string `json:"error"`
	Code        int    `json:"code"`
	ErrorString string `json:"errorString"`
	Fail        string `json:"fail"`

	Base64       string `json:"base64"`
	SHA256       string `json:"sha256"`
	Lock         bool   `json:"lock"`
	Unlock       bool   `json:"unlock"`
	LockFailed   int    `json:"lockFailed"`
	UnlockFailed int    `json:"unlockFailed"`
	Interrupted  int    `json:"interruptions"`
	CreateFailed int    `json:"createFailed"`
	Protocol     int    `json:"protocol"`
	QtVersion    string `json:"qtVersion"`
	QtBuild      string `json:"qtBuild"`
	NativeKey    string `json:"nativeKey"`
	Type         int    `json:"type"`
	Locale       string `json:"locale"`
	LocalSample  []byte `json:"localSample"`
	PID          int    `json:"pid"`

	Written []int64 `json:"written"`

	Value json.RawMessage `json:"value"`
}

// OK tells whether Qt returned true.
func (r Reply) OK() bool { ok, _ := r.Ret.(bool); return ok }

// Bytes are the bytes that were read.
func (r Reply) Bytes() []byte {
	b, err := base64.StdEncoding.DecodeString(r.Base64)
	if err != nil {
		panic(err)
	}
	return b
}

// Process is a running testpeer.
type Process struct {
	t      TB
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	out    sync.Mutex // for stdout, which an Async verb may wait for
	stdout *bufio.Reader
	pipe   io.Closer // of stdout
	stderr SyncBuffer
	end    sync.Once
	err    error
}

// Start starts a testpeer with Qt qt in directory dir. It is ended, at the
// latest, with the test: by the end of its stdin, else by SIGKILL.
func (e *Env) Start(qt int, dir string, args ...string) *Process {
	e.T.Helper()
	return e.StartProgram(Path(e.T, qt), dir, args...)
}

// StartProgram starts any program in directory dir, and ends it as [Env.Start] does.
func (e *Env) StartProgram(path, dir string, args ...string) *Process {
	e.T.Helper()
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	return e.start(cmd, nil)
}

func (e *Env) start(cmd *exec.Cmd, env []string) *Process {
	t := e.T
	t.Helper()
	cmd.Env = append(append(os.Environ(), "TMPDIR="+e.Tmp), env...)
	p, err := begin(t, cmd)
	for tries := 1; tries < 5 && isPassing(err); tries++ {
		p, err = begin(t, again(cmd))
	}
	must(t, err)
	e.Started(p.PID())
	stop := e.limit(p)
	t.Cleanup(func() {
		_ = p.End()
		stop()
		if t.Failed() {
			e.log(p)
		}
	})
	return p
}

// limit has p killed when it is time, or the test is interrupted.
func (e *Env) limit(p *Process) (stop func()) {
	var late <-chan time.Time
	if e.Limit > 0 {
		late = time.After(e.Limit)
	} else if e.Interrupted == nil {
		return func() {}
	}
	ended := make(chan struct{})
	go func() {
		select {
		case <-ended:
			return
		case <-e.Interrupted:
			e.T.Errorf("%q is killed: interrupted", p.cmd.Args)
		case <-late:
			e.T.Errorf("%q is killed: it still runs after %v", p.cmd.Args, e.Limit)
		}
		_ = p.cmd.Process.Kill()
		_ = p.pipe.Close() // what it has started may have it, too
	}()
	return func() { close(ended) }
}

// log logs the end of what p said on stderr. Peers are ended in reverse order, so
// it is that of the last ones: a test can have a thousand.
func (e *Env) log(p *Process) {
	text := p.stderr.String()
	if text == "" || e.logged == logPeers {
		return
	}
	e.logged++
	if cut := len(text) - logBytes; cut > 0 {
		text = "... " + text[cut:]
	}
	e.T.Logf("stderr of %v:\n%s", p.cmd.Args, text)
}

// again is the same command, since one can be started only once.
func again(cmd *exec.Cmd) *exec.Cmd {
	return &exec.Cmd{Path: cmd.Path, Args: cmd.Args, Dir: cmd.Dir, Env: cmd.Env, SysProcAttr: cmd.SysProcAttr}
}

func begin(t TB, cmd *exec.Cmd) (*Process, error) {
	t.Helper()
	p := &Process{t: t, cmd: cmd}
	cmd.Stderr = &p.stderr
	cmd.WaitDelay = waitDelay
	var err error
	p.stdin, err = cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	p.pipe, p.stdout = stdout, bufio.NewReaderSize(stdout, 1<<20)
	return p, cmd.Start()
}

// T is the test that the process belongs to.
func (p *Process) T() TB { return p.t }

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Line writes a line to the peer's stdin.
func (p *Process) Line(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.stdin, line+"\n")
	must(p.t, err)
}

// Write writes to the stdin of a peer that may be killed meanwhile.
func (p *Process) Write(text string) { _, _ = io.WriteString(p.stdin, text) }

// ReadLine reads a line of the peer's stdout, without its end.
func (p *Process) ReadLine() ([]byte, error) {
	p.out.Lock()
	defer p.out.Unlock()
	line, err := p.stdout.ReadBytes('\n')
	return bytes.TrimSuffix(line, []byte("\n")), err
}

// Kill kills the process with SIGKILL and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	_ = p.End()
}

// CloseStdin has the peer end. What it prints until then can be read.
func (p *Process) CloseStdin() { _ = p.stdin.Close() }

// End closes the peer's stdin and waits for its end; the error is the exit
// status.
func (p *Process) End() error {
	p.end.Do(func() {
		_ = p.stdin.Close()
		timer := time.AfterFunc(limit, func() {
			p.t.Errorf("testpeer %d does not end; killed", p.PID())
			_ = p.cmd.Process.Kill()
		})
		defer timer.Stop()
		p.WaitForEOF()
		if p.err = p.cmd.Wait(); errors.Is(p.err, exec.ErrWaitDelay) {
			p.err = nil
		}
	})
	return p.err
}

// Diary returns the last JSON line on the peer's stderr, waiting for one that
// accept likes: what writer and poller report of Qt's return values.
func (p *Process) Diary(accept func(map[string]any) bool) map[string]any {
	p.t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		lines := bytes.Split([]byte(p.stderr.String()), []byte("\n"))
		for i := len(lines) - 1; i >= 0; i-- {
			var entry map[string]any
			if json.Unmarshal(lines[i], &entry) == nil && accept(entry) {
				return entry
			}
		}
	}
	p.t.Fatalf("the peer did not report what was waited for; its stderr:\n%s", p.stderr.String())
	return nil
}

// Publish has a writer publish a line, and returns which: the create() of the mission's
// writer can meet a reader, so that it takes another line.
func (p *Process) Publish(line string) (published string) {
	p.t.Helper()
	for id, try := line, 1; ; id, try = fmt.Sprintf("%s (%d)", line, try), try+1 {
		p.Line(id)
		entry := p.Diary(func(entry map[string]any) bool { return entry["id"] == id })
		if entry["create"] == true {
			_, _ = p.ReadLine()
			return id
		}
		if try >= 1000 {
			p.t.Fatalf("create() fails again and again: %v", entry)
		}
	}
}

// Stderr is what the peer has written to stderr by now.
func (p *Process) Stderr() string { return p.stderr.String() }

// Peer is a testpeer that does what it is told, verb by verb.
type Peer struct {
	*Process
	QtVersion string            // that it runs with
	Trace     func(line string) // if not nil, called with each request and each answer
	mu        sync.Mutex
	id        int // of the last request, from 1
	answered  int // how many have their answer
}

// Verbs starts a Peer in the directory Work.
func (e *Env) Verbs(qt int) *Peer { return e.VerbsIn(qt, e.Work) }

// VerbsIn starts a Peer in dir.
func (e *Env) VerbsIn(qt int, dir string) *Peer {
	e.T.Helper()
	return e.hello(qt, e.Start(qt, dir, "verbs"))
}

// VerbsOf starts a Peer of which the path is known, in the directory Work.
func (e *Env) VerbsOf(path string) *Peer {
	e.T.Helper()
	p := &Peer{Process: e.StartProgram(path, e.Work, "verbs")}
	p.QtVersion = p.Do("hello", "", nil).QtVersion
	return p
}

// VerbsAs starts a Peer whose command change has changed: environment, user,
// namespaces, or a program that starts it.
func (e *Env) VerbsAs(qt int, change func(cmd *exec.Cmd)) *Peer {
	e.T.Helper()
	cmd := exec.Command(Path(e.T, qt), "verbs")
	cmd.Dir = e.Work
	change(cmd)
	return e.hello(qt, e.start(cmd, cmd.Env))
}

func (e *Env) hello(qt int, process *Process) *Peer {
	e.T.Helper()
	p := &Peer{Process: process}
	p.QtVersion = p.Do("hello", "", nil).QtVersion
	if p.QtVersion == "" || p.QtVersion[0] != byte('0'+qt) {
		e.T.Fatalf("testpeer-qt%d runs with Qt %q", qt, p.QtVersion)
	}
	return p
}

// hellos are what peers have told of themselves, by their Qt.
var hellos sync.Map

// helloOf is what a peer tells of itself.
func helloOf(t TB, qt int) Reply {
	t.Helper()
	if hello, ok := hellos.Load(qt); ok {
		return hello.(Reply)
	}
	cmd := exec.Command(Path(t, qt), "verbs")
	cmd.Stdin = bytes.NewReader([]byte(`{"id":1,"op":"hello"}` + "\n"))
	line, err := cmd.Output()
	must(t, err)
	var hello Reply
	must(t, json.Unmarshal(line, &hello))
	hellos.Store(qt, hello)
	return hello
}

// HasIPCKeys tells whether a peer's Qt is 6.6 or later: it has QNativeIpcKey, a lock
// for native keys, and other words in its errors.
func HasIPCKeys(t TB, qt int) bool {
	t.Helper()
	var major, minor int
	_, err := fmt.Sscanf(helloOf(t, qt).QtVersion, "%d.%d", &major, &minor)
	must(t, err)
	return major == 6 && minor >= 6
}

// HasIPCKeyVerbs tells whether a peer was built with such a Qt as well, so that it has
// the verbs of QNativeIpcKey.
func HasIPCKeyVerbs(t TB, qt int) bool {
	t.Helper()
	var major, minor int
	_, err := fmt.Sscanf(helloOf(t, qt).QtBuild, "%d.%d", &major, &minor)
	must(t, err)
	return major == 6 && minor >= 6
}

// Do has the peer do a verb to its object obj, and waits for the answer.
func (p *Peer) Do(op, obj string, args Args) Reply {
	p.t.Helper()
	r, err := p.Try(op, obj, args)
	must(p.t, err)
	if r.Fail != "" {
		p.t.Fatalf("testpeer: %s %s %v: %s", op, obj, args, r.Fail)
	}
	return r
}

// Must is Do for what must return true.
func (p *Peer) Must(op, obj string, args Args) Reply {
	p.t.Helper()
	r := p.Do(op, obj, args)
	if !r.OK() {
		p.t.Fatalf("testpeer: %s %s %v: %v, %s %q", op, obj, args, r.Ret, r.Error, r.ErrorString)
	}
	return r
}

// Try is Do that also may meet a peer that dies; usable from any goroutine.
func (p *Peer) Try(op, obj string, args Args) (Reply, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ask(op, obj, args); err != nil {
		return Reply{}, err
	}
	return p.answer(op)
}

// Create has the peer create a segment of its object obj and write data to it. It is told
// both at once: what sees the segment in between sees it for microseconds only.
func (p *Peer) Create(obj string, size int, data []byte) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	must(p.t, p.ask("shm.create", obj, Args{"size": size}))
	must(p.t, p.ask("shm.write", obj, Args{"data": data}))
	created, err := p.answer("shm.create")
	must(p.t, err)
	written, err := p.answer("shm.write")
	must(p.t, err)
	if !created.OK() || written.Fail != "" {
		p.t.Fatalf("testpeer: create %s: %v, %s %q %s", obj, created.Ret, created.Error, created.ErrorString, written.Fail)
	}
}

// ask writes a request.
func (p *Peer) ask(op, obj string, args Args) error {
	p.id++
	request := map[string]any{"id": p.id, "op": op}
	if obj != "" {
		request["obj"] = obj
	}
	for name, value := range args {
		if b, ok := value.([]byte); ok {
			name, value = "base64", base64.StdEncoding.EncodeToString(b)
		}
		request[name] = value
	}
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	p.trace(line)
	_, err = p.stdin.Write(append(line, '\n'))
	return err
}

// answer reads the answer to the first request that has none.
func (p *Peer) answer(op string) (Reply, error) {
	answer, err := p.ReadLine()
	if err != nil {
		return Reply{}, fmt.Errorf("testpeer: %s: no answer: %w", op, err)
	}
	p.trace(answer)
	p.answered++
	var r Reply
	if err := json.Unmarshal(answer, &r); err != nil {
		return r, fmt.Errorf("testpeer: %s: the answer %.80q: %w", op, answer, err)
	}
	if r.ID != p.answered {
		return r, fmt.Errorf("testpeer: %s: request %d got the answer to %d", op, p.answered, r.ID)
	}
	return r, nil
}

func (p *Peer) trace(line []byte) {
	if p.Trace != nil {
		p.Trace(string(line))
	}
}

// Async starts a verb that blocks and returns a channel for its answer.
func (p *Peer) Async(op, obj string, args Args) <-chan Reply {
	answer := make(chan Reply, 1)
	go func() {
		defer close(answer)
		if r, err := p.Try(op, obj, args); err == nil {
			answer <- r
		}
	}()
	return answer
}

// SyncBuffer is a buffer that is written and read at once. Of much that is written it has the
// end, at least keptBytes of it.
type SyncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *SyncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.b.Write(p)
	if s.b.Len() > 2*keptBytes {
		s.b.Next(s.b.Len() - keptBytes)
	}
	return n, err
}

const keptBytes = 1 << 20

func (s *SyncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// ReadUntilHex reads lines of a poller until one has these bytes in hex. In
// between it may have seen a segment that was created but not yet filled.
func (p *Process) ReadUntilHex(hex string) {
	p.t.Helper()
	for {
		line, err := p.ReadLine()
		must(p.t, err)
		var read struct{ Hex string }
		must(p.t, json.Unmarshal(line, &read))
		if read.Hex == hex {
			return
		}
	}
}

// StartSelf starts the running test binary again with one test and more in its
// environment, as another Go process.
func (e *Env) StartSelf(test string, env ...string) *Process {
	t := e.T
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	return e.start(exec.Command(self, "-test.run=^"+test+"$"), env)
}

// WaitForEOF waits until the process has closed its stdout.
func (p *Process) WaitForEOF() {
	p.out.Lock()
	defer p.out.Unlock()
	_, _ = io.Copy(io.Discard, p.stdout)
}
