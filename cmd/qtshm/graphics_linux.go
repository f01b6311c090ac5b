package main

import (
	"image"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/sys/unix"
)

// drawsSixel asks the terminal whether it has Sixel, which is attribute 4.
func drawsSixel(out *os.File) bool {
	if name := os.Getenv("TERM"); name == "" || name == "dumb" || name == "linux" {
		return false
	}
	attributes := strings.Split(askAttributes(out), ";")
	return slices.Contains(attributes[1:], "4") // the first is its class
}

// answerLimit is how long a terminal may take to say what it is. One that is far away
// needs some time; one that does not answer costs all of it.
const answerLimit = 500 * time.Millisecond

// askAttributes asks the terminal for its attributes. Only who is in the foreground may:
// another process would be stopped. What somebody types meanwhile is lost.
func askAttributes(out *os.File) string {
	fd := int(out.Fd())
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	if err != nil || group != unix.Getpgrp() {
		return "" // also where it is not the terminal of this process
	}
	in, err := os.Open("/dev/tty")
	if err != nil {
		return ""
	}
	defer in.Close()
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return ""
	}
	silent := *before
	silent.Lflag &^= unix.ICANON | unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &silent); err != nil {
		return ""
	}
	// it drops what has come, so that no shell takes the end of an answer for a command
	defer func() { _ = unix.IoctlSetTermios(fd, unix.TCSETSF, before) }()
	if _, err := out.WriteString(ansi.RequestPrimaryDeviceAttributes); err != nil {
		return ""
	}
	return readAttributes(in)
}

// readAttributes reads ESC [ ? 62 ; 4 c, and returns what is between ? and c.
func readAttributes(in *os.File) string {
	if err := in.SetReadDeadline(time.Now().Add(answerLimit)); err != nil {
		return ""
	}
	var read []byte
	for buffer := make([]byte, 256); len(read) < len(buffer); {
		n, err := in.Read(buffer)
		if err != nil {
			return ""
		}
		read = append(read, buffer[:n]...)
		_, answer, _ := strings.Cut(string(read), "\x1b[?")
		if attributes, _, ended := strings.Cut(answer, "c"); ended {
			return attributes
		}
	}
	return ""
}

// cellOf is how many pixels a character of the terminal has, zero if it does not tell.
func cellOf(out *os.File) image.Point {
	size, err := unix.IoctlGetWinsize(int(out.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return image.Point{}
	}
	return image.Pt(int(size.Xpixel/size.Col), int(size.Ypixel/size.Row))
}
