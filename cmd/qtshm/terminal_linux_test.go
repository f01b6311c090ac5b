//go:build cgo

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// terminal is a terminal of so many columns, and what was written to it.
type terminal struct {
	t            *testing.T
	master, side *os.File
	mutex        sync.Mutex
	text         bytes.Buffer
	read         chan struct{}
}

func newTerminal(t *testing.T, columns uint16) *terminal {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 5, Col: columns}))
	side, err := os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	s := &terminal{t: t, master: os.NewFile(uintptr(fd), "/dev/ptmx"), side: side, read: make(chan struct{})}
	t.Cleanup(s.close)
	go s.readAll()
	return s
}

func (s *terminal) readAll() {
	defer close(s.read)
	buffer := make([]byte, 4096)
	for {
		n, err := s.master.Read(buffer)
		s.mutex.Lock()
		s.text.Write(buffer[:n])
		s.mutex.Unlock()
		if err != nil {
			return // EIO, when nobody has it open any more
		}
	}
}

// close hangs up.
func (s *terminal) close() { _, _ = s.side.Close(), s.master.Close() }

// shows is what was written so far.
func (s *terminal) shows() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}

// run runs qtshm on the terminal, with variables, and returns what it wrote.
func (s *terminal) run(variables []string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(cmd.Environ(), append([]string{"NO_COLOR=", "TERM=xterm"}, variables...)...)
	cmd.Stdout, cmd.Stderr = s.side, s.side
	require.NoError(s.t, cmd.Start())
	_ = s.side.Close()
	_ = cmd.Wait()
	<-s.read
	return s.shows()
}

// Colour is for terminals, and not for those who do not want it.
func TestColour(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("hello"))
	for _, args := range [][]string{{"watch", key, "--count", "1"}, {"info", key}} {
		assert.Contains(t, newTerminal(t, 80).run(nil, args...), "\x1b[32m")
		for _, variable := range []string{"NO_COLOR=1", "TERM=dumb"} {
			shown := newTerminal(t, 80).run([]string{variable}, args...)
			assert.NotContains(t, shown, "\x1b", variable)
			assert.NotEmpty(t, shown)
		}
		assert.NotContains(t, ok(t, args...), "\x1b")
	}
	assert.Contains(t, newTerminal(t, 20).run(nil, "get", key), "68 65 6c 6c 6f ", "hex is for terminals")
}

// Text does nothing to a terminal, and is as it is elsewhere.
func TestTextWithControls(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	text := "a\tb\x1b]0;title\x07\u009b2Jé"
	segmentOf(e, 6, key, []byte(text))
	for _, args := range [][]string{{"get", key, "--as", "text"}, {"watch", key, "--as", "text", "--count", "1"}} {
		assert.Equal(t, text+"\n", ok(t, args...))
		assert.Equal(t, "a\tb?]0;title??2Jé\r\n", newTerminal(t, 80).run(nil, args...))
	}
}

// A bar is drawn for what takes more than a second, on a terminal, and taken away.
func TestProgressBar(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	zeros(e, 6, key, copyLimit+1)
	for columns, bar := range map[uint16]string{80: "\r\x1b[K[###", 20: "\r\x1b[K "} {
		s := newTerminal(t, columns)
		cmd := exec.Command(binary, "get", key)
		cmd.Stderr = s.side
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = io.CopyN(io.Discard, out, 10<<20)
		require.NoError(t, err)
		time.Sleep(progressAfter)
		_, err = io.Copy(io.Discard, out)
		require.NoError(t, err)
		require.NoError(t, cmd.Wait())
		_ = s.side.Close()
		<-s.read
		assert.Contains(t, s.shows(), bar)
		assert.True(t, strings.HasSuffix(s.shows(), "\r\x1b[K"))
		for line := range strings.SplitSeq(s.shows(), "\r\x1b[K") {
			assert.Less(t, len(line), int(columns), "%q", line)
		}
	}
}

// Who works at a terminal ends when it is closed, and leaves nothing behind.
func TestClosedTerminal(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("hello"))
	segment, lock := files(t, key)
	other := e.Name()
	for _, session := range []bool{true, false} { // of which the kernel signals the first alone
		commands := [][]string{{"watch", key}}
		if session {
			commands = append(commands, []string{"publish", other, "hello"}, []string{"lock", key, "--", "sleep", "60"})
		}
		for _, args := range commands {
			s := newTerminal(t, 80)
			cmd := exec.Command(binary, args...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = s.side, s.side, s.side
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: session, Setctty: session}
			require.NoError(t, cmd.Start())
			timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
			_ = s.side.Close()
			require.Eventually(t, func() bool {
				return strings.Contains(s.shows(), "hello") || strings.Contains(s.shows(), "Ctrl-C") || observer.LookSemaphore(lock).Value == 0
			}, limit, time.Millisecond)
			s.close()
			_ = cmd.Wait()
			assert.True(t, timer.Stop(), "%v did not end", args)
		}
	}
	nothing(t, other)
	assert.Equal(t, 1, observer.Look(segment).Attached)
	assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
}
