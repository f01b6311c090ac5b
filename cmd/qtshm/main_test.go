//go:build cgo && (linux || windows)

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// binary is qtshm, of the Qt of the test.
var binary string

// itself is the running test binary, which is also the program that commands run:
// see beChild.
var itself string

// asQtshm is the environment variable by which the test binary is qtshm.
const asQtshm = "QTSHM_TEST_MAIN"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childOf {
		os.Exit(beChild(os.Args[2:]))
	}
	if os.Getenv(asQtshm) != "" {
		main()
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	_, qt := qtbridge.QtVersion()
	fmt.Printf("qtshm on Qt %s\n", qt)
	var err error
	if itself, err = os.Executable(); err != nil {
		fmt.Println(err)
		return 1
	}
	status := 1
	if err := withBinary(qt, func() { status = m.Run() }); err != nil {
		fmt.Println(err)
	}
	return status
}

// limit is how long anything may take before a test fails.
const limit = 30 * time.Second

// result is what a command did.
type result struct {
	status   int
	out, err string
}

// do runs a command in this process.
func do(t testing.TB, args ...string) result { t.Helper(); return doWith(t, "", args...) }

func doWith(t testing.TB, stdin string, args ...string) result {
	t.Helper()
	return doFrom(t, strings.NewReader(stdin), args...)
}

func doFrom(t testing.TB, stdin io.Reader, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var out, errOut bytes.Buffer
	status := run(ctx, args, stdin, &out, &errOut)
	require.NoError(t, ctx.Err(), "%v", args)
	return result{status, out.String(), errOut.String()}
}

// ok runs a command that must do, and say nothing on stderr.
func ok(t testing.TB, args ...string) string {
	t.Helper()
	r := do(t, args...)
	require.Equal(t, exitOK, r.status, "%v: %s", args, r.err)
	require.Empty(t, r.err)
	return r.out
}

// refused runs a command that must not do, and say why in one line.
func refused(t testing.TB, status int, says string, args ...string) {
	t.Helper()
	r := do(t, args...)
	assert.Equal(t, status, r.status, "%q: %s", args, r.err)
	assert.Contains(t, r.err, says, "%q", args)
	assert.Regexp(t, `^qtshm: [^\n]{20,}\n$`, r.err, "%q", args)
	assert.Empty(t, r.out, "%q", args)
}

// process is a qtshm that runs while the test goes on.
type process struct {
	t      testing.TB
	stdin  io.WriteCloser
	stdout io.ReadCloser
	err    bytes.Buffer // complete after end
	cmd    *exec.Cmd    // nil if it runs in this process
	send   func(os.Signal) error
	kill   func()
	wait   func() (status int)
}

// startProcess starts qtshm as a process of its own.
func startProcess(t testing.TB, args ...string) *process {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.WaitDelay = limit
	p := &process{t: t, cmd: cmd}
	cmd.Stderr = &p.err
	var err error
	p.stdin, err = cmd.StdinPipe()
	require.NoError(t, err)
	p.stdout, err = cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p.send = cmd.Process.Signal
	p.kill = func() { _ = cmd.Process.Kill() }
	p.wait = func() int { _ = cmd.Wait(); return cmd.ProcessState.ExitCode() }
	t.Cleanup(p.kill)
	return p
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.send(s))
}

// end waits for the process and returns what it printed since the last read.
func (p *process) end() result {
	p.t.Helper()
	timer := time.AfterFunc(limit, p.kill)
	defer timer.Stop()
	out, _ := io.ReadAll(p.stdout)
	status := p.wait()
	return result{status, string(out), p.err.String()}
}

// line reads a line of stdout.
func (p *process) line() string {
	p.t.Helper()
	timer := time.AfterFunc(limit, p.kill)
	defer timer.Stop()
	var line []byte
	for c := make([]byte, 1); ; {
		_, err := p.stdout.Read(c)
		require.NoError(p.t, err, "%s%s", line, &p.err)
		if c[0] == '\n' {
			return string(line)
		}
		line = append(line, c[0])
	}
}

// object is a line of stdout as JSON.
func (p *process) object() map[string]any { p.t.Helper(); return object(p.t, p.line()) }

func object(t testing.TB, line string) map[string]any {
	t.Helper()
	var o map[string]any
	require.NoError(t, json.Unmarshal([]byte(line), &o), "%s", line)
	return o
}

// segmentOf has a Qt process make a segment with data in it, by setKey.
func segmentOf(e *peertest.Env, qt int, key string, data []byte) *peertest.Peer {
	e.T.Helper()
	p := zeros(e, qt, key, len(data))
	p.Do("shm.write", "m", peertest.Args{"base64": base64.StdEncoding.EncodeToString(data)})
	return p
}

// zeros has a Qt process make a segment of size bytes, all zero, by setKey.
func zeros(e *peertest.Env, qt int, key string, size int) *peertest.Peer {
	e.T.Helper()
	p := e.Verbs(qt)
	p.Do("shm.new", "m", peertest.Args{"key": key})
	p.Must("shm.create", "m", peertest.Args{"size": size})
	return p
}

// nativeName is a name that peers in e.Work and this process mean the same by, as
// a native key.
func nativeName(e *peertest.Env) string { return qtbridge.NativeKeyIn(e.Work, e.Name()).Name() }

// paged is data as it is in a segment of its size: on Windows in whole pages.
func paged(data string) string { return data + strings.Repeat("\x00", pagedSize(len(data))-len(data)) }

func pagedSize(size int) int {
	if hasKeyFiles {
		return size
	}
	return (size + 4095) &^ 4095
}

// missing is what is said to be missing where there is no segment.
func missing() string {
	if hasKeyFiles {
		return "key file"
	}
	return "nobody has an object"
}

// files are the key files of a key, on Windows the names of its objects.
func files(t testing.TB, name string) (segment, lock string) {
	t.Helper()
	key, err := qtbridge.ParseKey(name)
	require.NoError(t, err)
	segment, lock, err = key.KeyFiles()
	require.NoError(t, err)
	return segment, lock
}

// nothing requires that nothing exists of a key.
func nothing(t testing.TB, name string) {
	t.Helper()
	segment, lock := files(t, name)
	require.NoFileExists(t, segment)
	require.Nil(t, observer.Look(segment))
	if lock != "" {
		require.NoFileExists(t, lock)
		require.Nil(t, observer.LookSemaphore(lock))
	}
}

// bothQts runs a test against a peer of each Qt.
func bothQts(t *testing.T, f func(t *testing.T, qt int)) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) { f(t, qt) })
	}
}
