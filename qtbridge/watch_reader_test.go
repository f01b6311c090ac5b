//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// readerEnv has the test binary be a reader, and says of what.
const readerEnv = "QTBRIDGE_BENCH_READER"

func init() { roles[readerEnv] = beReader }

// pollerQt is the Qt of readers that poll.
const pollerQt = 5

// reader is a process that follows segments: with Watch, or as a Qt program with
// a timer does, or as one that waits with all that the system has. It is a process
// of its own so that its CPU time can be told.
type reader struct {
	name     string
	opts     WatchOptions
	interval time.Duration // of a Qt program's timer
	cpp      string        // what cpp/bench/qtreader does
	beside   string        // the name of the reader in C++ that does the same as this Watch
}

// isWatch tells whether it is one of ours.
func (r reader) isWatch() bool { return r.interval == 0 && r.cpp == "" }

// stampRead is what a reader prints for each content: the first at once, all
// others when it ends, so that printing is not measured.
type stampRead struct {
	Base64 string `json:"base64"`
	NS     int64  `json:"ns"` // when the reader had it, CLOCK_MONOTONIC
}

// readerOrder is what a reader with Watch is told.
type readerOrder struct {
	Keys []string
	Opts WatchOptions
}

// start starts the reader, and waits until it has the first content of each key.
// A Qt program takes one key.
func (r reader) start(env *peertest.Env, keys ...Key) *peertest.Process {
	env.T.Helper()
	var p *peertest.Process
	switch {
	case r.cpp != "":
		p = env.StartProgram(benchProgram(env.T, "qtreader"), env.Work, r.cpp, keys[0].Name())
	case r.interval > 0:
		args := []string{"poller", keys[0].Name(), "--collect", "--interval", fmt.Sprint(r.interval.Milliseconds())}
		if !keys[0].IsNative() {
			args = append(args, "--set-key")
		}
		p = env.Start(pollerQt, env.Work, args...)
	default:
		p = env.StartSelf("", readerEnv+"="+r.order(env.T, keys))
	}
	for range keys {
		_, err := p.ReadLine()
		require.NoError(env.T, err)
	}
	return p
}

// benchProgram is a program of cpp/bench, with the Qt of this process.
func benchProgram(t peertest.TB, name string) string {
	t.Helper()
	qt := native.VersionRunning()[:1]
	path := filepath.Join(filepath.Dir(peertest.Path(t, int(qt[0]-'0'))), "bench", name+"-qt"+qt)
	require.FileExists(t, path, "run scripts/build-testpeer")
	return path
}

func (r reader) order(t peertest.TB, keys []Key) string {
	t.Helper()
	order := readerOrder{Opts: r.opts}
	for _, key := range keys {
		order.Keys = append(order.Keys, key.String())
	}
	text, err := json.Marshal(order)
	require.NoError(t, err)
	return string(text)
}

// endReader ends a reader and returns what it read after the first content.
func endReader(t peertest.TB, p *peertest.Process) (readings []stampRead) {
	t.Helper()
	p.CloseStdin()
	for {
		line, err := p.ReadLine()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			require.NoError(t, p.End())
			return readings
		}
		var r stampRead
		require.NoError(t, json.Unmarshal(line, &r), "%s", line)
		readings = append(readings, r)
	}
}

// beReader follows segments until the end of stdin.
func beReader(text string) {
	var order readerOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	collected := make([][]stampRead, len(order.Keys))
	for i, text := range order.Keys {
		key, err := ParseKey(text)
		if err != nil {
			panic(err)
		}
		loops.Go(func() { collected[i] = follow(ctx, key, order.Opts) })
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	loops.Wait()
	for _, readings := range collected {
		for _, r := range readings {
			r.print()
		}
	}
}

// follow prints the first content and returns all others.
func follow(ctx context.Context, key Key, opts WatchOptions) (readings []stampRead) {
	isFirst := true
	for m, err := range Watch(ctx, key, opts) {
		now := monotonic()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		if m.Cause == Removed {
			continue
		}
		r := stampRead{base64.StdEncoding.EncodeToString(m.Data), now}
		if isFirst {
			r.print()
			isFirst = false
			continue
		}
		readings = append(readings, r)
	}
	return readings
}

func (r stampRead) print() {
	line, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}
