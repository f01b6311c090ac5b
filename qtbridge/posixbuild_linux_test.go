//go:build cgo

package qtbridge

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// A peer whose Qt has POSIX shared memory alone: the classes of Qt's, built with
// QT_POSIX_IPC into the library that the variable names, and loaded before QtCore.
func TestPosixBuildOfQt(t *testing.T) {
	library := os.Getenv("QTB_TEST_POSIX_QT")
	if library == "" {
		t.Skip("QTB_TEST_POSIX_QT does not name a library with QSharedMemory for POSIX alone")
	}
	x := posixRow(t)
	name := lettersOnly(x.env)
	key := QtKey(name)
	peer := x.env.VerbsAs(6, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "LD_PRELOAD="+library) })
	peer.Do("shm.new", "m", peertest.Args{"key": name})
	require.True(t, peer.Do("shm.create", "m", peertest.Args{"size": 8}).OK())
	file := shm + peer.Do("shm.nativeKey", "m", nil).Ret.(string)
	t.Cleanup(func() { _ = os.Remove(file) })

	_, err := Attach(soon(t), key, ReadWrite)
	requireError(t, err, "attach", key, ErrUnsupported)
	_, err = Create(soon(t), key, 8, ReadWrite)
	requireError(t, err, "create", key, ErrUnsupported)
	state := mustInspect(t, key)
	assert.Equal(t, file, state.Segment.File.Path)
	assert.Equal(t, 1, state.Lock.Value)

	s := mustAttach(t, state.Elsewhere, ReadWrite)
	const each = 5000
	counted := peer.Async("shm.count", "m", peertest.Args{"n": each})
	for range each {
		require.NoError(t, s.WithLock(soon(t), func() error { return s.View(countUp) }))
	}
	reply := <-counted
	assert.Zero(t, reply.LockFailed+reply.UnlockFailed)
	assert.NotZero(t, reply.Interrupted, "they did not meet")
	assert.EqualValues(t, 2*each, counterOf(readFile(t, file)))
	require.NoError(t, s.Lock(soon(t)))
	requireHandedOver(t, s, peer)
	require.True(t, peer.Do("shm.unlock", "m", nil).OK())
}
