//go:build cgo

package main

import (
	"image"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/peertest"
)

// session starts a command as the first of a session on the terminal, as a shell is.
func (s *terminal) session(variables []string, cmd *exec.Cmd) {
	s.t.Helper()
	cmd.Env = append(cmd.Environ(), append([]string{"NO_COLOR=", "TMUX=", "STY=", "TERM_PROGRAM=", "TERM=xterm", "COLORTERM=truecolor"}, variables...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.side, s.side, s.side
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(s.t, cmd.Start())
	timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	s.t.Cleanup(func() { timer.Stop() })
}

// answered runs qtshm on the terminal, which answers the question for its attributes,
// and returns what it wrote besides that question.
func (s *terminal) answered(answer string, variables []string, args ...string) string {
	s.t.Helper()
	const question = "\x1b[c"
	cmd := exec.Command(binary, args...)
	s.session(variables, cmd)
	require.Eventually(s.t, func() bool { return strings.HasPrefix(s.shows(), question) }, limit, time.Millisecond, "%q", s.shows())
	_, err := s.master.WriteString(answer)
	require.NoError(s.t, err)
	require.NoError(s.t, cmd.Wait(), s.shows())
	state, err := unix.IoctlGetTermios(int(s.side.Fd()), unix.TCGETS)
	require.NoError(s.t, err)
	assert.NotZero(s.t, state.Lflag&unix.ECHO)
	assert.NotZero(s.t, state.Lflag&unix.ICANON)
	waiting, err := unix.IoctlGetInt(int(s.side.Fd()), unix.TIOCINQ)
	require.NoError(s.t, err)
	assert.Zero(s.t, waiting, "nothing of the answer is left for a shell")
	_ = s.side.Close()
	<-s.read
	return strings.TrimPrefix(s.shows(), question)
}

// A terminal gets what it can draw.
func TestPictureOnTerminal(t *testing.T) {
	e := peertest.New(t)
	picture := gradient(20, 8)
	key := pictureSegment(e, 6, pngOf(t, picture))
	args := []string{"get", key, "--as", "image"}
	for _, variable := range []string{"KITTY_WINDOW_ID=1", "TERM=xterm-kitty", "TERM=xterm-ghostty", "TERM_PROGRAM=ghostty"} {
		s := newTerminal(t, 80)
		cmd := exec.Command(binary, args...)
		s.session([]string{variable}, cmd)
		_ = s.side.Close()
		require.NoError(t, cmd.Wait())
		<-s.read
		samePixels(t, picture, readKitty(t, s.shows()), 0)
	}
	for answer, reads := range map[string]func(testing.TB, string) image.Image{
		"\x1b[?62;4;22c": readSixel, "\x1b[?4c": readBlocks, "\x1b[?62;14;22c": readBlocks, "c\x1b[?62;4c": readSixel,
	} {
		off := 0
		if strings.Contains(answer, ";4") {
			off = 3
		}
		samePixels(t, picture, reads(t, newTerminal(t, 80).answered(answer, nil, args...)), off)
	}
	for _, variables := range [][]string{{"TMUX=/tmp/x", "KITTY_WINDOW_ID=1"}, {"TERM=tmux-256color", "TERM_PROGRAM=ghostty"}} {
		shown := newTerminal(t, 80).answered("\x1b[?1;2c", variables, args...)
		assert.NotContains(t, shown, "\x1b_G", "one within the terminal has no graphics of Kitty")
		assert.Contains(t, shown, "▀")
	}
	shown := newTerminal(t, 80).run([]string{"NO_COLOR=1"}, args...)
	assert.Equal(t, 4, strings.Count(shown, "\r\n"))
	assert.NotContains(t, shown, "\x1b")
	assert.Contains(t, shown, "░")
}

// A terminal that does not answer costs half a second, and one in whose background
// qtshm runs is not asked: that would stop it.
func TestPictureWithoutAnswer(t *testing.T) {
	e := peertest.New(t)
	picture := gradient(20, 8)
	key := pictureSegment(e, 6, pngOf(t, picture))
	s := newTerminal(t, 80)
	cmd := exec.Command(binary, "get", key, "--as", "image")
	s.session(nil, cmd)
	require.NoError(t, cmd.Wait())
	_ = s.side.Close()
	<-s.read
	samePixels(t, picture, readBlocks(t, strings.TrimPrefix(s.shows(), "\x1b[c")), 0)

	s = newTerminal(t, 80)
	cmd = exec.Command("sh", "-c", "set -m; $QTSHM get "+key+" --as image & wait")
	s.session([]string{"QTSHM=" + binary}, cmd)
	require.NoError(t, cmd.Wait())
	_ = s.side.Close()
	<-s.read
	samePixels(t, picture, readBlocks(t, s.shows()), 0)
}
