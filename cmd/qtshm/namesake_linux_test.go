//go:build cgo

package main

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A key file that has the System V key of another one by chance gets at nothing, and
// doctor tells how to have another.
func TestNamesake(t *testing.T) {
	e := peertest.NewInMemory(t)
	theirs, ours := e.Name(), e.Name()
	theirFile, theirLock := files(t, theirs)
	ourFile, ourLock := files(t, ours)
	peer := segmentOf(e, peertest.QtVersions[0], theirs, []byte("theirs"))
	time.Sleep(2 * time.Second) // the kernel tells the second only
	e.MakeNamesakes(map[string]string{ourFile: theirFile, ourLock: theirLock})

	shown := object(t, ok(t, "info", ours, "--json"))
	assert.Equal(t, "segment-of-another-key", shown["verdict"])
	namesakeOf := func(shown map[string]any, of string) any {
		return shown[of].(map[string]any)["namesakes"].([]any)[0].(map[string]any)["path"]
	}
	assert.Equal(t, theirFile, namesakeOf(shown, "segment"))
	assert.Equal(t, theirLock, namesakeOf(shown, "lock"))
	text := ok(t, "info", theirs)
	assert.Contains(t, text, ourFile)
	assert.Contains(t, text, ourLock)

	refused(t, exitInUse, theirFile, "get", ours)
	refused(t, exitInUse, theirFile, "put", ours, "x")
	refused(t, exitExists, theirFile, "create", ours, "--size", "6")
	refused(t, exitExists, theirFile, "publish", ours, "x")
	refused(t, exitInUse, theirFile, "rm", ours)
	peer.Kill()
	refused(t, exitInUse, theirFile, "rm", "--force", ours)
	assert.Equal(t, "theirs", string(e.Raw(theirFile)))

	found := found(t, []string{ours}, "same-ipc-key", "same-ipc-key")
	assert.Contains(t, found[1].Text, theirLock)
	out, err := exec.Command("sh", "-c", found[0].Command).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Nil(t, observer.Look(ourFile))
	assert.Equal(t, "theirs", string(e.Raw(theirFile)))

	ok(t, "rm", theirs) // which was there before the other one
	assert.Nil(t, observer.LookSemaphore(ourLock))
}

// A key file in use in another IPC namespace is told with those who use it.
func TestInfoOfAnotherNamespace(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	peer := e.VerbsAs(peertest.QtVersions[0], peertest.InNamespaces(t, syscall.CLONE_NEWIPC))
	peer.Do("shm.new", "m", nil)
	peer.Do("shm.setKey", "m", peertest.Args{"key": key})
	peer.Must("shm.create", "m", peertest.Args{"size": 5})
	shown := object(t, ok(t, "info", key, "--json"))
	assert.Equal(t, "in-use-elsewhere", shown["verdict"])
	assert.Equal(t, []any{float64(peer.PID())}, shown["strangers"])
	assert.Contains(t, ok(t, "info", key), "in another IPC namespace")
	assert.NotContains(t, object(t, ok(t, "info", e.Name(), "--json")), "strangers")
}
