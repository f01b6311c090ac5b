//go:build cgo && linux

package peertest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/qtbridge"
	"qtinterop/qtbridge/peertest"
)

func TestProgramThatPublishes(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer string) {
		place := peertest.New(t)
		for _, key := range []qtbridge.Key{place.QtKey(), place.NativeKey()} {
			args := []string{"writer", "--", filepath.Base(key.Name())}
			if !key.IsNative() {
				args = []string{"writer", "--set-key", "--", key.Name()}
			}
			writer := place.Start(peertest.Command{Path: peer, Args: args})
			writer.Line("model-1")
			state := writer.WaitSegment(key)
			assert.Equal(t, writer.PID(), state.Segment.Creator.PID)
			writer.ExpectBytes(key, []byte("model-1"))
			writer.Line("model-2 共享")
			writer.ExpectText(key, qtbridge.UTF8, "model-2 共享")
			assert.Equal(t, []string{"model-2 共享", "共享"}, writer.ExpectOutput(regexp.MustCompile(`(?m)^model-2 (.*)$`)))
			if !key.IsNative() {
				writer.Line("model-3")
				writer.ExpectLock(key)
			}
			assert.True(t, writer.Wait().Success())
			place.ExpectNothing(key)
		}
	})
}

func TestProgramThatReads(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer string) {
		place := peertest.New(t)
		key := place.QtKey()
		place.Publish(key, []byte("page-1")) // a reader that finds nothing makes and removes the lock
		poller := place.Start(peertest.Command{Path: peer, Args: []string{"poller", "--set-key", "--interval", "5", "--", key.Name()}})
		poller.ExpectRead(key)
		poller.ExpectOutput(regexp.MustCompile(`"text":"page-1"`))

		release := place.HoldLock(key)
		segment, err := qtbridge.Attach(t.Context(), key, qtbridge.ReadWrite)
		require.NoError(t, err)
		_, err = segment.WriteAt([]byte("page-2"), 0)
		require.NoError(t, err)
		require.NoError(t, segment.Close())
		time.Sleep(200 * time.Millisecond)
		assert.NotContains(t, poller.Output(), "page-2", "it waits for the lock")
		release()
		poller.ExpectOutput(regexp.MustCompile(`"text":"page-2"`))
	})
}

func TestKillInLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer string) {
		place := peertest.New(t)
		key := place.QtKey()
		place.Publish(key, []byte("page-1"))
		// By way of a shell, whose process is not the one that locks.
		poller := place.Start(peertest.Command{Path: "sh", Args: []string{"-c", `"$@"; exit`, "sh", peer, "poller", "--set-key", "--interval", "5", "--", key.Name()}})
		poller.KillInLock(key)
		state, err := qtbridge.Inspect(key)
		require.NoError(t, err)
		assert.False(t, state.Lock.Last.Alive, "the kernel gave it back for who is gone")
		assert.Equal(t, 1, state.Lock.Value)
		place.HoldLock(key)()
	})
}

func TestKillAndRemove(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer string) {
		place := peertest.New(t)
		key := place.QtKey()
		writer := place.Start(peertest.Command{Path: peer, Args: []string{"writer", "--set-key", "--", key.Name()}})
		writer.Line("model-1")
		writer.WaitSegment(key)
		writer.Kill()
		state, err := qtbridge.Inspect(key)
		require.NoError(t, err)
		assert.Equal(t, qtbridge.Orphaned, state.Verdict)
		place.Remove(key)
		place.ExpectNothing(key)
	})
}

// What a test leaves of a program is gone with the test.
func TestNothingIsLeft(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer string) {
		before := objects(t)
		var pid int
		t.Run("test", func(t *testing.T) {
			place := peertest.New(t)
			for _, key := range []qtbridge.Key{place.QtKey(), place.NativeKey()} {
				writer := place.Start(peertest.Command{Path: peer, Args: []string{"writer", "--set-key", "--", key.Name()}})
				writer.Line("model-1")
				if !key.IsNative() {
					writer.WaitSegment(key)
				}
				pid = writer.PID()
			}
		})
		assert.Equal(t, before, objects(t))
		assert.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	})
}

// A program that is not what it should be fails the test, with what it has printed, and
// leaves nothing.
func TestBadPrograms(t *testing.T) {
	before := objects(t)
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(other, []byte("\x7fELF of another machine"), 0o777))
	eachPeer(t, func(t *testing.T, peer string) {
		for _, row := range []struct {
			name, says string
			test       func(t testing.TB, place *peertest.Place, key qtbridge.Key)
		}{
			{"is not there", "no such file", func(_ testing.TB, place *peertest.Place, _ qtbridge.Key) {
				place.Start(peertest.Command{Path: dir + "/nothing"})
			}},
			{"is of another machine", "exec format error", func(_ testing.TB, place *peertest.Place, _ qtbridge.Key) {
				place.Start(peertest.Command{Path: other})
			}},
			{"ends at once", "the program has ended (exit status 3) without", func(_ testing.TB, place *peertest.Place, key qtbridge.Key) {
				place.Start(peertest.Command{Path: "sh", Args: []string{"-c", "echo oh; exit 3"}}).WaitSegment(key)
			}},
			{"prints garbage", "garbage", func(_ testing.TB, place *peertest.Place, _ qtbridge.Key) {
				place.Start(peertest.Command{Path: "sh", Args: []string{"-c", "echo garbage; cat"}, Ready: regexp.MustCompile("ready")})
			}},
			{"hangs at start", "not within 1s: it has printed", func(_ testing.TB, place *peertest.Place, _ qtbridge.Key) {
				place.Start(peertest.Command{Path: "sleep", Args: []string{"100"}, Ready: regexp.MustCompile("ready")})
			}},
			{"does not end", "did not end within", func(_ testing.TB, place *peertest.Place, _ qtbridge.Key) {
				place.Start(peertest.Command{Path: "sleep", Args: []string{"100"}}).Wait()
			}},
			{"dies in the middle", "signal: killed", func(_ testing.TB, place *peertest.Place, key qtbridge.Key) {
				writer := place.Start(peertest.Command{Path: peer, Args: []string{"writer", "--set-key", "--", key.Name()}})
				writer.Line("model-1")
				writer.WaitSegment(key)
				writer.Kill()
				writer.ExpectText(key, qtbridge.UTF8, "model-2")
			}},
			{"leaves a segment", "a segment true", func(_ testing.TB, place *peertest.Place, key qtbridge.Key) {
				writer := place.Start(peertest.Command{Path: peer, Args: []string{"writer", "--set-key", "--", key.Name()}})
				writer.Line("model-1")
				writer.WaitSegment(key)
				writer.Kill()
				place.ExpectNothing(key)
			}},
			{"has other content", `the content of`, func(_ testing.TB, place *peertest.Place, key qtbridge.Key) {
				writer := place.Start(peertest.Command{Path: peer, Args: []string{"writer", "--set-key", "--", key.Name()}})
				writer.Line("model-1")
				writer.ExpectBytes(key, []byte("model-2"))
			}},
			{"takes no lock", "was not met with the lock", func(_ testing.TB, place *peertest.Place, key qtbridge.Key) {
				place.Publish(key, []byte("page-1"))
				place.Start(peertest.Command{Path: "sleep", Args: []string{"100"}}).KillInLock(key)
			}},
			{"of another", "not of the program", func(t testing.TB, place *peertest.Place, key qtbridge.Key) {
				segment, err := qtbridge.Create(t.Context(), key, 8, qtbridge.ReadWrite)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = segment.Close() }()
				place.Start(peertest.Command{Path: "sleep", Args: []string{"100"}}).WaitSegment(key)
			}},
		} {
			t.Run(row.name, func(t *testing.T) {
				says := failure(t, func(t testing.TB) {
					place := peertest.New(t)
					place.Limit = time.Second
					row.test(t, place, place.QtKey())
				})
				assert.Contains(t, says, row.says)
			})
		}
		assert.Equal(t, before, objects(t))
	})
}
