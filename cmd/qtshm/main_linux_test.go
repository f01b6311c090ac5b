//go:build cgo

package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// withBinary builds qtshm for f.
func withBinary(qt string, f func()) error {
	// What nohup(1), or a shell for what it runs in the background, has told to
	// be ignored, qtshm would ignore as well. A handler is not inherited.
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	dir, err := os.MkdirTemp("", "qtshm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "qtshm")
	tags := ""
	if strings.HasPrefix(qt, "5") {
		tags = "qt5"
	}
	if output, err := exec.Command("go", "build", "-tags", tags, "-o", binary, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	f()
	return nil
}

// causesOfNew are what watch says of a new segment.
var causesOfNew = []string{"created"}

// signals are those that end a command.
var signals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// start starts qtshm as a process of its own, which can be sent signals.
func start(t testing.TB, args ...string) *process { t.Helper(); return startProcess(t, args...) }
