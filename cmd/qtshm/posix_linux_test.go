//go:build cgo

package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// memoryFiles makes what a Qt program with a POSIX key leaves behind.
func memoryFiles(t *testing.T, e *peertest.Env, value byte) (key, segment, lock string) {
	t.Helper()
	name := e.PosixName()
	segment, lock = "/dev/shm"+name, "/dev/shm/sem."+name[1:]
	require.NoError(t, os.WriteFile(segment, []byte("content"), 0o600))
	semaphore := make([]byte, 32)
	semaphore[0] = value // of a little-endian machine
	require.NoError(t, os.WriteFile(lock, semaphore, 0o600))
	return "posix:" + name, segment, lock
}

func TestPosixKeysAreSeenWithAnyQt(t *testing.T) {
	key, segment, lock := memoryFiles(t, peertest.New(t), 1)
	text := ok(t, "info", key)
	for _, part := range []string{"orphaned", segment, lock, "attached      0", "free", "7 bytes"} {
		assert.Contains(t, text, part)
	}
	assert.NotContains(t, text, "System V")
	assert.NotContains(t, text, "creator")
	shown := object(t, ok(t, "info", key, "--json"))
	assert.Equal(t, "posix", shown["kind"])
	assert.NotContains(t, shown["segment"], "ipcKey")
	assert.NotContains(t, shown["segment"], "creator")
	assert.Contains(t, ok(t, "ls", "--json"), `"key":"`+key)

	// To have it is nothing that doctor mends.
	for _, args := range [][]string{{"doctor", key}, {"doctor", key, "--fix"}} {
		do(t, args...)
		assert.FileExists(t, segment)
		assert.FileExists(t, lock)
	}
	assert.Contains(t, do(t, "doctor", key).out, "qtshm rm "+key)
}

func TestRemovePosix(t *testing.T) {
	for _, value := range []byte{0, 1} {
		e := peertest.New(t)
		key, segment, lock := memoryFiles(t, e, value)
		open, err := os.Open(segment)
		require.NoError(t, err)
		if value == 1 {
			refused(t, exitInUse, "somebody has it open", "rm", key)
		}
		assert.FileExists(t, segment)
		require.NoError(t, open.Close())
		shown := object(t, ok(t, "rm", key, "--json"))
		assert.Equal(t, "free", shown["after"])
		assert.Equal(t, []any{"remove-segment", "remove-lock"}, shown["actions"])
		assert.NoFileExists(t, segment)
		assert.NoFileExists(t, lock)
		refused(t, exitNotFound, "no segment", "rm", key)
	}
}

func TestDoctorMendsThePosixLockAndKeepsTheSegment(t *testing.T) {
	key, segment, _ := memoryFiles(t, peertest.New(t), 0)
	assert.Equal(t, "lock-jammed", object(t, ok(t, "info", key, "--json"))["verdict"])
	do(t, "doctor", key, "--fix")
	assert.FileExists(t, segment)
	assert.Equal(t, "orphaned", object(t, ok(t, "info", key, "--json"))["verdict"])
}
