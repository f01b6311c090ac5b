//go:build cgo && linux

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
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// binary is qtshm, built for the Qt of the test.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	_, qt := qtbridge.QtVersion()
	fmt.Printf("qtshm on Qt %s\n", qt)
	// What nohup(1), or a shell for what it runs in the background, has told to
	// be ignored, qtshm would ignore as well. A handler is not inherited.
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	dir, err := os.MkdirTemp("", "qtshm")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "qtshm")
	tags := ""
	if strings.HasPrefix(qt, "5") {
		tags = "qt5"
	}
	if output, err := exec.Command("go", "build", "-tags", tags, "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Printf("go build: %v\n%s", err, output)
		return 1
	}
	return m.Run()
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
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var out, errOut bytes.Buffer
	status := run(ctx, args, strings.NewReader(stdin), &out, &errOut)
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

// process is a qtshm of its own.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.ReadCloser
	err    bytes.Buffer
}

func start(t testing.TB, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...)}
	p.cmd.Stderr = &p.err
	var err error
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	p.stdout, err = p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(s))
}

// end waits for the process and returns what it printed since the last read.
func (p *process) end() result {
	p.t.Helper()
	timer := time.AfterFunc(limit, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	out, _ := io.ReadAll(p.stdout)
	_ = p.cmd.Wait()
	return result{p.cmd.ProcessState.ExitCode(), string(out), p.err.String()}
}

// line reads a line of stdout.
func (p *process) line() string {
	p.t.Helper()
	timer := time.AfterFunc(limit, func() { _ = p.cmd.Process.Kill() })
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

// files are the key files of a key.
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
	}
}

// bothQts runs a test against a peer of each Qt.
func bothQts(t *testing.T, f func(t *testing.T, qt int)) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) { f(t, qt) })
	}
}
