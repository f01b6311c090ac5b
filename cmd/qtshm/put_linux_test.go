//go:build cgo

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

func TestPutEndlessFile(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("abcd"))
	segment, _ := files(t, key)
	refused(t, exitUsage, "too long", "put", key, "--file", "/dev/zero")
	assert.Equal(t, "abcd", string(e.Raw(segment)))
}

// What never ends is not read for ever.
func TestEndlessInput(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	for _, args := range [][]string{{"get", key}, {"put", key, "{}"}, {"publish", key, "{}"}, {"watch", key}, {"top"}, {"get", key, "--as", "datastream"}} {
		refused(t, exitUsage, "more than 1 MiB", append(args, "--format", "@/dev/zero")...)
	}
	large := filepath.Join(e.Work, "large")
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, maxMessage+1))
	refused(t, exitUsage, "more than 1 GiB", "publish", key, "--file", large)

	zeros, err := os.Open("/dev/zero")
	require.NoError(t, err)
	defer zeros.Close()
	for _, args := range [][]string{{"publish", key, "--lines"}, {"publish", key, "--lines", "--format", "u8 a"}} {
		r := doFrom(t, zeros, args...)
		assert.Equal(t, exitUsage, r.status)
		assert.Contains(t, r.err, "line 1 has more than 64 MiB")
	}
	nothing(t, key)
}

// Nobody writes to a pipe, and a signal ends it.
func TestInterruptedFormatFile(t *testing.T) {
	e := peertest.New(t)
	pipe := filepath.Join(e.Work, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	p := startProcess(t, "get", e.Name(), "--format", "@"+pipe)
	var writer *os.File
	require.Eventually(t, func() bool {
		var err error
		writer, err = os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		return err == nil // else nobody has it open to read
	}, limit, 10*time.Millisecond)
	defer writer.Close()
	p.signal(syscall.SIGINT)
	assert.Equal(t, exitInterrupted, p.end().status)
}
