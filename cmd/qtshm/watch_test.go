//go:build cgo && (linux || windows)

package main

import (
	"fmt"
	"regexp"
	"runtime"
	"strconv"
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

// Each line that a Qt writer publishes shows, with and without a lock.
func TestWatchFollowsQt(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		for _, native := range []bool{false, true} {
			e := peertest.New(t)
			name, key, args := e.Name(), "", []string(nil)
			key, args = name, []string{"writer", name, "--set-key"}
			if native {
				name = nativeName(e)
				key, args = "native:"+name, []string{"writer", name}
			}
			p := start(t, "watch", key, "--json")
			writer := e.Start(qt, e.Work, args...)
			var seq float64
			for _, id := range []string{"id-1", "id-22", "id-333"} {
				id = writer.Publish(id)
				shown := p.object()
				for shown["cause"] == "removed" { // a create() met the watch
					shown = p.object()
				}
				assert.Contains(t, causesOfNew, shown["cause"])
				assert.Equal(t, id, shown["text"])
				assert.EqualValues(t, pagedSize(len(id)), shown["size"])
				assert.Greater(t, shown["seq"], seq)
				seq = shown["seq"].(float64)
				_, err := time.Parse(time.RFC3339Nano, shown["time"].(string))
				assert.NoError(t, err)
			}
			require.NoError(t, writer.End())
			shown := p.object()
			assert.Equal(t, "removed", shown["cause"])
			assert.Nil(t, shown["base64"])
			p.signal(syscall.SIGTERM)
			assert.Equal(t, exitInterrupted, p.end().status)
			nothing(t, key)
		}
	})
}

func TestWatchFormats(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		segmentOf(e, qt, key, []byte("h\xc3\xa9\x00"))
		line := fmt.Sprintf(`^\d\d:\d\d:\d\d\.\d{6}  created  %7d bytes  "hé"\n$`, pagedSize(4))
		assert.Regexp(t, line, ok(t, "watch", key, "--count", "1", "--encoding", "utf-8"))
		assert.Equal(t, paged("h\xc3\xa9\x00"), ok(t, "watch", key, "--count", "1", "--as", "raw"))
		assert.Equal(t, "hé\n", ok(t, "watch", key, "--count", "1", "--as", "text", "--stay", "--encoding", "utf-8"))
		assert.Contains(t, ok(t, "watch", key, "--count", "1", "--as", "hex"), "00000000  68 c3 a9 00 ")
		assert.Equal(t, "hé\n", ok(t, "watch", key, "--timeout", "300ms", "--as", "text", "--encoding", "utf-8"), "it had a change within the timeout")
		r := do(t, "watch", key, "--count", "2", "--timeout", "300ms")
		assert.Equal(t, exitLocked, r.status)
		assert.Contains(t, r.err, "1 of 2")
	})
}

// A command gets the bytes and the facts; one that fails does not end the watch.
func TestWatchRunsCommands(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	writer := e.Start(6, e.Work, "writer", key, "--set-key")
	p := startProcess(t, append([]string{"watch", key, "--count", "2", "--"}, childThat("tells")...)...)
	const id = "id-1"
	writer.Line(id)
	assert.Regexp(t, fmt.Sprintf("^%s (%s) %s of %d$", key, strings.Join(causesOfNew, "|"), regexp.QuoteMeta(strconv.Quote(id)), pagedSize(len(id))), p.line())
	require.NoError(t, writer.End())
	assert.Equal(t, key+` removed "" of 0`, p.line())
	r := p.end()
	assert.Equal(t, exitOK, r.status)
	assert.Equal(t, 2, strings.Count(r.err, "ended with status 3\n"), r.err)
}

// With --fail the first command that fails ends it, with its status.
func TestWatchFail(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("x"))
	r := startProcess(t, append([]string{"watch", key, "--fail", "--"}, childThat("exits", "5")...)...).end()
	assert.Equal(t, 5, r.status)
	assert.Contains(t, r.err, "ended with status 5\n")
	assert.Equal(t, result{}, startProcess(t, append([]string{"watch", key, "--fail", "--count", "1", "--"}, childThat("exits", "0")...)...).end())
}

// What changes beside the part that is watched is passed over.
func TestWatchPart(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, []byte("abcdefgh"))
		write := func(offset int, base64 string) {
			peer.Must("shm.lock", "m", nil)
			peer.Do("shm.write", "m", peertest.Args{"base64": base64, "offset": offset})
			peer.Must("shm.unlock", "m", nil)
		}
		p := start(t, "watch", key, "--json", "--offset", "2", "--length", "3", "--count", "2")
		shown := p.object()
		assert.Equal(t, "cde", shown["text"])
		assert.EqualValues(t, 2, shown["offset"])
		assert.EqualValues(t, pagedSize(8), shown["size"])
		write(0, "WFg=")
		time.Sleep(100 * time.Millisecond)
		write(5, "WFg=")
		time.Sleep(100 * time.Millisecond)
		write(4, "WQ==")
		shown = p.object()
		assert.Equal(t, "cdY", shown["text"])
		assert.Equal(t, exitOK, p.end().status)

		assert.Equal(t, "", ok(t, "watch", key, "--count", "1", "--as", "raw", "--offset", "1M", "--length", "3"))
		assert.Contains(t, ok(t, "watch", key, "--count", "1", "--as", "hex", "--offset", "2", "--length", "3"), "00000002  63 64 59 ")
	})
}

// --count counts what is printed: not what is no text, nor, where the content is
// printed, that there is none any more.
func TestWatchCountsWhatIsPrinted(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	writer := e.Start(6, e.Work, "writer", key, "--set-key")
	p := start(t, "watch", key, "--as", "text", "--encoding", "utf-8", "--count", "2")
	writer.Line("first")
	assert.Equal(t, "first", p.line())
	require.NoError(t, writer.End()) // removed
	time.Sleep(200 * time.Millisecond)
	peer := segmentOf(e, 6, key, []byte("\xff\xff"))
	time.Sleep(200 * time.Millisecond)
	peer.Must("shm.lock", "m", nil)
	peer.Do("shm.write", "m", peertest.Args{"base64": "b2s="})
	peer.Must("shm.unlock", "m", nil)
	assert.Equal(t, "ok", p.line())
	r := p.end()
	assert.Equal(t, exitOK, r.status)
	assert.Contains(t, r.err, "ff ff")
	assert.NotContains(t, r.err, "Replacing")
}

// A reader that goes away ends a watch, and a get, without a word.
func TestClosedPipe(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	zeros(e, 6, key, copyLimit+1)
	commands := [][]string{{"get", key}, {"get", key, "--as", "hex"}, {"get", key, "--json"}}
	if runtime.GOOS == "linux" { // elsewhere it takes another change
		commands = append(commands, []string{"watch", key, "--json"}, []string{"watch", key})
	}
	for _, args := range commands {
		p := startProcess(t, args...)
		_, err := p.stdout.Read(make([]byte, 1))
		require.NoError(t, err)
		require.NoError(t, p.stdout.Close())
		assert.Equal(t, result{exitOK, "", ""}, p.end(), "%v", args)
	}
	segment, lock := files(t, key)
	assert.Equal(t, 1, observer.Look(segment).Attached)
	assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
}

func TestPreview(t *testing.T) {
	for data, shown := range map[string]string{
		"hello": `"hello"`, "h\x00rest": `"h"`, "a\tb\n": `"a\tb\n"`, "\x1b[2J": "1b 5b 32 4a", "\xff\x00": "ff 00", "\x00\x01": "00 01",
	} {
		assert.Equal(t, shown, preview([]byte(data), qtbridge.UTF8))
	}
	assert.Len(t, []rune(preview([]byte(strings.Repeat("é", 100)), qtbridge.UTF8)), previewWidth+2)
}

// The lock is held while the command runs, and its status is passed on.
func TestLockRunsCommand(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, []byte("data"))
		_, lock := files(t, key)
		p := startProcess(t, append([]string{"lock", key, "--"}, childThat("waits")...)...)
		assert.Equal(t, "waiting", p.line())
		assert.Equal(t, 0, observer.LookSemaphore(lock).Value)
		locking := peer.Async("shm.lock", "m", nil)
		select {
		case <-locking:
			t.Fatal("Qt got the lock")
		case <-time.After(100 * time.Millisecond):
		}
		_, err := p.stdin.Write([]byte("go\n"))
		require.NoError(t, err)
		assert.Equal(t, result{9, "", ""}, p.end())
		reply := <-locking
		assert.True(t, reply.OK())
		peer.Must("shm.unlock", "m", nil)
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)

		for _, status := range []string{"0", "77"} {
			p := startProcess(t, append([]string{"lock", key, "--"}, childThat("exits", status)...)...)
			assert.Equal(t, status, strconv.Itoa(p.end().status))
		}
	})
}

// Who does not get the lock can have a status of their own for it.
func TestLockConflict(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, []byte("data"))
		peer.Must("shm.lock", "m", nil)
		command := append([]string{"--"}, childThat("exits", "3")...)
		for status, flags := range map[int][]string{
			exitLocked: {"-n"}, 99: {"-n", "-E", "99"}, 0: {"--timeout", "50ms", "-E", "0"}, 1: {"--nonblock", "--conflict-exit-code", "1"},
		} {
			r := do(t, append(append([]string{"lock", key}, flags...), command...)...)
			assert.Equal(t, status, r.status, "%v", flags)
			assert.Contains(t, r.err, "locked by somebody else")
			assert.NotContains(t, r.err, "wait while")
			assert.NotContains(t, r.err, "context")
		}
		r := do(t, append([]string{"lock", key, "-n", "-E", "99", "--json"}, command...)...)
		assert.Equal(t, "locked", object(t, r.err)["code"])
		assert.EqualValues(t, 99, object(t, r.err)["status"])
		peer.Must("shm.unlock", "m", nil)
		assert.Equal(t, 3, do(t, append([]string{"lock", key, "-n", "-E", "99"}, command...)...).status)
	})
}

func TestLockNativeKey(t *testing.T) {
	e := peertest.New(t)
	name := nativeName(e)
	peer := e.Verbs(5) // of which none has a lock
	peer.Do("shm.new", "m", nil)
	peer.Do("shm.setNativeKey", "m", peertest.Args{"key": name})
	peer.Must("shm.create", "m", peertest.Args{"size": 4})
	refused(t, exitUsage, "no lock", append([]string{"lock", "native:" + name, "--"}, childThat("exits", "0")...)...)
}

// Qt and sem share the semaphore.
func TestSemaphore(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := e.Verbs(qt)
		peer.Do("sem.new", "s", peertest.Args{"key": key, "initial": 3, "mode": "Create"})
		assert.Equal(t, "3\n", ok(t, "sem", key, "value"))
		p := start(t, "sem", key, "acquire", "2", "--json")
		assert.EqualValues(t, 1, p.object()["value"])
		peer.Must("sem.acquire", "s", nil)
		refused(t, exitLocked, "", "sem", key, "acquire", "--timeout", "0")
		refused(t, exitLocked, "", "sem", key, "acquire", "--timeout", "100ms")
		p.signal(syscall.SIGTERM)
		assert.Equal(t, result{exitOK, "", ""}, p.end())
		assert.Equal(t, "2\n", ok(t, "sem", key, "value"), "what a process acquired is given back")

		// Processes of their own, for the kernel to undo what they acquire.
		assert.Equal(t, result{exitOK, "0\n", ""}, startProcess(t, "sem", key, "acquire", "2", "--", binary, "sem", key, "value").end())
		assert.Equal(t, result{7, "", ""}, startProcess(t, append([]string{"sem", key, "acquire", "--"}, childThat("exits", "7")...)...).end())
		peer.Must("sem.acquire", "s", nil)
		peer.Must("sem.acquire", "s", nil)
		waiting := peer.Async("sem.acquire", "s", nil)
		untilWaiting(t, key)
		assert.Equal(t, result{}, startProcess(t, "sem", key, "release", "--for", "0s").end())
		reply := <-waiting
		assert.True(t, reply.OK())
	})
}

func TestVersion(t *testing.T) {
	compiled, running := qtbridge.QtVersion()
	assert.Regexp(t, `^[56]\.\d+\.\d+$`, compiled)
	shown := object(t, ok(t, "version", "--json"))
	assert.Equal(t, running, shown["qtRunning"])
	assert.Equal(t, []any{ipcName}, shown["ipc"])
	assert.Contains(t, ok(t, "version"), "Qt "+running)
	assert.Equal(t, ok(t, "version"), ok(t, "--version"))
	assert.Equal(t, ok(t, "version", "--json"), ok(t, "--version", "--json"))
}

// Each command explains itself with an example.
func TestHelp(t *testing.T) {
	a := &app{}
	for _, c := range a.root(nil).Commands() {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		assert.NotEmpty(t, c.Example, c.Name())
		assert.NotEmpty(t, c.Short, c.Name())
		assert.Contains(t, ok(t, c.Name(), "--help"), "Examples:\n  qtshm "+c.Name())
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		assert.Contains(t, ok(t, "completion", shell), "qtshm")
	}
}
