//go:build cgo && linux

package peertest_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	engine "qtinterop/internal/peertest"
	"qtinterop/qtbridge"
	"qtinterop/qtbridge/peertest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if _, err := os.Stat(testpeer()); err != nil && os.Getenv("CI") == "" {
		_ = flag.Set("test.skip", "^Example") // the tests skip themselves
	}
	peertest.Main(m)
}

// testpeer is the Qt program of the examples.
func testpeer() string {
	if dir := os.Getenv("QTINTEROP_TESTPEERS"); dir != "" {
		return filepath.Join(dir, "testpeer-qt6")
	}
	path, _ := filepath.Abs("../../build/testpeer/testpeer-qt6")
	return path
}

// eachPeer runs a test once for each Qt of the peer.
func eachPeer(t *testing.T, test func(t *testing.T, peer string)) {
	_, running := qtbridge.QtVersion()
	for _, qt := range engine.QtVersions {
		t.Run(fmt.Sprintf("go-qt%c/peer-qt%d", running[0], qt), func(t *testing.T) { test(t, engine.Path(t, qt)) })
	}
}

// inTest runs what an example shows, which belongs into a test, with the t of one.
func inTest(f func(t testing.TB)) {
	var once sync.Once
	testing.Benchmark(func(b *testing.B) { once.Do(func() { f(b) }) })
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	text     strings.Builder
	failed   bool
	cleanups []func()
}

func (r *recorder) Helper()                      {}
func (r *recorder) Failed() bool                 { return r.failed }
func (r *recorder) Cleanup(f func())             { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Log(args ...any)              { fmt.Fprintln(&r.text, args...) }
func (r *recorder) Logf(format string, a ...any) { fmt.Fprintf(&r.text, format+"\n", a...) }
func (r *recorder) Error(args ...any)            { r.failed = true; r.Log(args...) }
func (r *recorder) Errorf(f string, a ...any)    { r.failed = true; r.Logf(f, a...) }
func (r *recorder) Fatal(args ...any)            { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); runtime.Goexit() }

// failure runs a test that must fail, and returns what it logs.
func failure(t *testing.T, test func(t testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	run := func(f func()) {
		done := make(chan struct{})
		go func() { defer close(done); f() }()
		<-done
	}
	run(func() { test(r) })
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		run(r.cleanups[i])
	}
	require.True(t, r.failed, "it does not fail: %s", r.text.String())
	return r.text.String()
}

// objects names the segments and semaphores that there are.
func objects(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, table := range []string{"shm", "sem"} {
		data, err := os.ReadFile("/proc/sysvipc/" + table)
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			fields := strings.Fields(line)
			found = append(found, table+" "+fields[0]+" "+fields[1])
		}
	}
	return found
}
