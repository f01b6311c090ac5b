//go:build cgo

package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A reader leaves no lock behind where there was none.
func TestGetMakesNoLock(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("data"))
	segment, lock := files(t, key)
	require.NoError(t, observer.RemoveSemaphore(observer.LookSemaphore(lock).ID))
	assert.Equal(t, "data", ok(t, "get", key))
	assert.Nil(t, observer.LookSemaphore(lock))
	assert.NotNil(t, observer.Look(segment))
}

// Nor does one that reads a part, does not wait, or reads more than a Snapshot is
// taken of.
func TestGetOfAnySizeMakesNoLock(t *testing.T) {
	part := []string{"--offset", "1", "--length", "2"}
	for size, flags := range map[int][][]string{
		100:           {part, {"--timeout", "0"}, {"--no-lock"}, {"--json"}},
		copyLimit + 1: {part, nil},
	} {
		e := peertest.New(t)
		key := e.Name()
		zeros(e, 6, key, size)
		_, lock := files(t, key)
		require.NoError(t, observer.RemoveSemaphore(observer.LookSemaphore(lock).ID))
		for _, f := range flags {
			ok(t, append([]string{"get", key}, f...)...)
			require.Nil(t, observer.LookSemaphore(lock), "%d %v", size, f)
			require.FileExists(t, lock, "with a semaphore of its own its key file would have gone")
		}
	}
}

// Whatever get reads, what it says of a lock that it does not get is what others
// say.
func TestGetTellsOfTheLock(t *testing.T) {
	for _, size := range []int{100, copyLimit + 1} {
		e := peertest.New(t)
		key := e.Name()
		peer := zeros(e, 6, key, size)
		peer.Must("shm.lock", "m", nil)
		for _, timeout := range []string{"0", "10ms"} {
			for _, flags := range [][]string{nil, {"--json"}} {
				limits := append([]string{"--timeout", timeout}, flags...)
				expected := do(t, append([]string{"put", key, "x"}, limits...)...)
				require.Equal(t, exitLocked, expected.status)
				assert.Equal(t, expected, do(t, append([]string{"get", key}, limits...)...))
				assert.Equal(t, expected, do(t, append([]string{"get", key, "--offset", "1", "--length", "2"}, limits...)...))
			}
		}
		peer.Must("shm.unlock", "m", nil)
	}
}

// What a crash has left is read and written with a word, as often as one likes, and
// with --require-live refused; either way it stays as it is.
func TestUnused(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, []byte("data"))
		segment, _ := files(t, key)
		for _, command := range []string{"get", "put"} {
			args := []string{command, key}
			if command == "put" {
				args = append(args, "DATA")
			}
			assert.Equal(t, exitOK, do(t, append(args, "--require-live")...).status, "it is in use")
		}
		peer.Kill()
		left := observer.Look(segment)
		says := fmt.Sprintf("qtshm: get %q: nobody is attached to the segment; its creator was process %d, which is gone; it stays in being\n", key, peer.PID())
		for range 2 {
			assert.Equal(t, result{exitOK, "DATA", says}, do(t, "get", key))
		}
		assert.Equal(t, true, object(t, ok(t, "get", key, "--json"))["unused"])
		refused(t, exitUnused, "which is gone", "get", key, "--require-live")
		refused(t, exitUnused, "which is gone", "put", key, "xxxx", "--require-live")
		assert.Equal(t, "unused", object(t, do(t, "get", key, "--require-live", "--json").err)["code"])
		assert.Equal(t, "DATA", string(e.Raw(segment)))
		assert.Contains(t, do(t, "put", key, "XY", "--offset", "0").err, "nobody is attached")
		assert.Equal(t, "XYTA", string(e.Raw(segment)))
		r := do(t, "watch", key, "--timeout", "100ms")
		assert.Equal(t, exitLocked, r.status)
		assert.Contains(t, r.err, "nobody is attached")
		assert.Contains(t, r.err, "qtshm get")
		assert.Equal(t, left.ID, observer.Look(segment).ID)
		assert.Equal(t, 0, observer.Look(segment).Attached)
		e.LeavesBehind()
	})
}

// A gibibyte is printed without a second copy in memory: what the process had
// in memory at most is the mapping, which counts as it is touched, and a little.
func TestGetStreams(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	const total = 1 << 30
	peer := zeros(e, 6, key, total)
	peer.Do("shm.write", "m", peertest.Args{"base64": "ZW5k", "offset": total - 3})

	p := start(t, "get", key)
	hash := sha256.New()
	n, err := io.CopyN(hash, p.stdout, total-1)
	require.NoError(t, err)
	require.EqualValues(t, total-1, n)
	most := peakMemory(t, p.cmd.Process.Pid)
	assert.Equal(t, result{0, "d", ""}, p.end())
	assert.Less(t, most-total, 200<<20)
	t.Logf("beyond the mapping: %d MiB", (most-total)>>20)

	expected := sha256.New()
	for range total>>20 - 1 {
		expected.Write(make([]byte, 1<<20))
	}
	expected.Write(make([]byte, 1<<20-3))
	expected.Write([]byte("en"))
	assert.Equal(t, expected.Sum(nil), hash.Sum(nil))
}

// So it is as JSON.
func TestGetStreamsJSON(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	const total = 300 << 20
	peer := zeros(e, 6, key, total)
	peer.Do("shm.write", "m", peertest.Args{"base64": "aGVsbG8="})
	peer.Do("shm.write", "m", peertest.Args{"base64": "ZW5k", "offset": total - 3})

	p := start(t, "get", key, "--json")
	begins := fmt.Sprintf(`{"key":%q,"size":%d,"offset":0,"length":%d,"base64":"`, key, total, total)
	head := make([]byte, len(begins))
	_, err := io.ReadFull(p.stdout, head)
	require.NoError(t, err)
	assert.Equal(t, begins, string(head))
	encoded := func(n int64) string {
		text := make([]byte, n)
		_, err := io.ReadFull(p.stdout, text)
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, "aGVsbG8A", encoded(8))
	_, err = io.CopyN(io.Discard, p.stdout, total/3*4-8-4)
	require.NoError(t, err)
	most := peakMemory(t, p.cmd.Process.Pid)
	assert.Equal(t, "ZW5k", encoded(4))
	assert.Equal(t, result{0, "\",\"text\":\"hello\"}\n", ""}, p.end())
	assert.Less(t, most-total, 100<<20)
}

func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, found, "%s", status)
	kB, err := strconv.Atoi(string(found[1]))
	require.NoError(t, err)
	return kB << 10
}
