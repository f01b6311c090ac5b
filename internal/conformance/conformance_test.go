//go:build cgo && linux

package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// TestMain is also the program that a row kills.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "hold" {
		if err := Command(context.Background(), nil, os.Args[1:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestNoRowFailsWithTestpeer(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		for _, kind := range Kinds {
			t.Run(fmt.Sprintf("peer-qt%d/%s", qt, kind.Name), func(t *testing.T) {
				var names []string
				Run(t.Context(), Cell{Peer: peertest.Path(t, qt), Kind: kind, Quick: true}, func(r Result) {
					names = append(names, r.Row)
					assert.NotEqual(t, Failed, r.Status, "%s: %s\n%s", r.Row, r.Reason, strings.Join(r.Transcript, "\n"))
					if r.Status == Impossible {
						assert.NotEmpty(t, r.Says, r.Row)
					}
				})
				assert.Len(t, names, len(rowsOf(rows, kind)))
			})
		}
	}
}

// A peer that is not what it should be passes no row, and none hangs.
func TestEveryRowFailsWithABadPeer(t *testing.T) {
	dir := t.TempDir()
	peers := map[string]string{
		"is not there":    filepath.Join(dir, "nothing"),
		"prints garbage":  script(t, dir, `echo garbage; cat >/dev/null`),
		"ends at once":    script(t, dir, `exit 3`),
		"dies after that": script(t, dir, `read line; echo '{"ret":true,"qtVersion":"6.4.2"}'`),
		"only claims to":  script(t, dir, `while read line; do echo '{"ret":true,"qtVersion":"6.4.2"}'; done`),
	}
	for name, peer := range peers {
		t.Run(name, func(t *testing.T) {
			Run(t.Context(), Cell{Peer: peer, Kind: Kinds[0], Quick: true}, func(r Result) {
				assert.Equal(t, Failed, r.Status, r.Row)
				assert.NotEmpty(t, r.Reason, r.Row)
			})
		})
	}
}

// A peer that goes wrong in the middle fails the row, with what was wrong, and nothing hangs.
func TestPeerThatGoesWrong(t *testing.T) {
	was := rowLimit
	t.Cleanup(func() { rowLimit = was })
	dir := t.TempDir()
	peer := peertest.Path(t, 6) + " verbs"
	for _, row := range []struct{ name, text, says string }{
		{"dies in the middle", "sed -u 3q | " + peer, "no answer|broken pipe"},
		{"prints garbage in the middle", peer + " | sed -u '3s/.*/garbage/'", `the answer "garbage"`},
		{"answers out of order", peer + ` | sed -u 's/"id":3,/"id":4,/'`, "request 3 got the answer to 4"},
		{"answers twice", peer + " | sed -u p", "request 2 got the answer to 1"},
		{"hangs in the middle", peer + " | sed -u 3,4d", "it still runs after 1s"},
		{"hangs at start", "sleep 5", "it still runs after 1s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			rowLimit = was
			if strings.HasPrefix(row.name, "hangs") {
				rowLimit = time.Second
			}
			tried := 0
			Run(t.Context(), Cell{Peer: script(t, dir, row.text), Kind: Kinds[0], Only: []string{"size"}}, func(r Result) {
				tried++
				assert.Equal(t, Failed, r.Status)
				assert.Regexp(t, row.says, r.Reason)
				assert.NotEmpty(t, r.Transcript)
			})
			assert.Equal(t, 1, tried)
		})
	}
}

func TestNoRowFailsBetweenTestpeers(t *testing.T) {
	for _, kind := range Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			passed := 0
			Run(t.Context(), Cell{Peer: peertest.Path(t, 5), Other: peertest.Path(t, 6), Kind: kind, Quick: true}, func(r Result) {
				assert.NotEqual(t, Failed, r.Status, "%s: %s\n%s", r.Row, r.Reason, strings.Join(r.Transcript, "\n"))
				if r.Status == Passed {
					passed++
				}
			})
			assert.True(t, passed >= 4 || kind.posix(), "%d passed", passed) // without a lock of both
		})
	}
}

func script(t *testing.T, dir, text string) string {
	t.Helper()
	f, err := os.CreateTemp(dir, "peer")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.NoError(t, os.WriteFile(f.Name(), []byte("#!/bin/sh\n"+text+"\n"), 0o777))
	require.NoError(t, os.Chmod(f.Name(), 0o777))
	return f.Name()
}

func TestReporter(t *testing.T) {
	var r reporter
	var order []string
	r.run(func() {
		r.Cleanup(func() { order = append(order, "first") })
		r.Cleanup(func() { order = append(order, "second"); r.Error("later") })
		r.Fatal("stop")
		order = append(order, "never")
	})
	assert.Equal(t, []string{"second", "first"}, order)
	assert.Equal(t, "stop", r.failure, "the first is the reason")

	var panics reporter
	panics.run(func() { panic("oh") })
	assert.Contains(t, panics.failure, "oh")

	var long reporter
	long.Log(strings.Repeat("x", 10*maxLine))
	assert.Less(t, len(long.lines[0]), 2*maxLine)
}
