//go:build cgo && linux

package sysv

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/native"
)

func TestLookIsWithoutEffect(t *testing.T) {
	env := peertest.New(t)
	_, err := lookSegment(env.Tmp + "/nothing")
	assert.ErrorIs(t, err, syscall.ENOENT)
	assert.EqualError(t, err, "sysv: key file "+env.Tmp+"/nothing: no such file or directory")
	_, err = lookSemaphore("with\x00nul")
	assert.ErrorIs(t, err, syscall.EINVAL)
	assert.Empty(t, env.Files(env.Tmp))

	m, err := native.NewSharedMemory()
	require.NoError(t, err)
	t.Cleanup(m.Close)
	require.NoError(t, m.SetKey(env.Name()))
	require.NoError(t, m.Create(7, native.ReadWrite))
	state, err := lookSegment(m.NativeKey())
	require.NoError(t, err)
	raw := observer.Look(m.NativeKey())
	assert.Equal(t, raw.ID, state.ID)
	assert.EqualValues(t, 7, state.Size)
	assert.Equal(t, 1, state.Attached)
	assert.Equal(t, syscall.Getpid(), state.Creator)
	assert.EqualValues(t, 0o600, state.Mode)
	assert.Equal(t, *raw, *observer.Look(m.NativeKey()))
}

// A segment is still that of its key file until either goes.
func TestStillSegment(t *testing.T) {
	env := peertest.New(t)
	path := env.Work + "/key"
	place := ipc.Place{Segment: path}
	made := func() (*native.SharedMemory, int) {
		m, err := native.NewSharedMemory()
		require.NoError(t, err)
		t.Cleanup(m.Close)
		require.NoError(t, m.SetNativeKey(path))
		require.NoError(t, m.Create(7, native.ReadWrite))
		return m, observer.Look(path).ID
	}
	_, id := made()
	segment, ok := System{}.StillSegment(place, id)
	require.True(t, ok)
	assert.EqualValues(t, 7, segment.Size)
	assert.Equal(t, 1, segment.Attached)
	_, ok = System{}.StillSegment(place, -1)
	assert.False(t, ok)

	// Removed, but still attached to, and replaced by another one.
	require.NoError(t, observer.RemoveSegment(id))
	_, ok = System{}.StillSegment(place, id)
	assert.False(t, ok)
	_, next := made()
	_, ok = System{}.StillSegment(place, id)
	assert.False(t, ok)
	_, ok = System{}.StillSegment(place, next)
	assert.True(t, ok)

	require.NoError(t, os.Rename(path, path+".old"))
	_, ok = System{}.StillSegment(place, next)
	assert.False(t, ok)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, ok = System{}.StillSegment(place, next)
	assert.False(t, ok)
	require.NoError(t, os.Rename(path+".old", path))
	_, ok = System{}.StillSegment(place, next)
	assert.True(t, ok)
}

func TestTakeAndGive(t *testing.T) {
	env := peertest.New(t)
	s, err := native.NewSystemSemaphore(env.Name(), 1, native.Create)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	require.NoError(t, s.Err())
	path := env.Tmp + "/" + env.Files(env.Tmp)[0]
	state, err := lookSemaphore(path)
	require.NoError(t, err)

	require.NoError(t, take(state.ID, 1))
	assert.ErrorIs(t, take(state.ID, 1), syscall.EAGAIN)
	start := time.Now()
	err = takeWithin(state.ID, 1, 20*time.Millisecond)
	for errors.Is(err, syscall.EINTR) {
		err = takeWithin(state.ID, 1, 20*time.Millisecond)
	}
	assert.ErrorIs(t, err, syscall.EAGAIN)
	assert.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)
	require.NoError(t, give(state.ID))
	assert.ErrorIs(t, give(state.ID), syscall.ERANGE, "no second give, which would let two in")
	assert.Equal(t, 1, observer.LookSemaphore(path).Value)

	s.Close()
	assert.ErrorIs(t, take(state.ID, 1), syscall.EINVAL)
	assert.ErrorIs(t, give(state.ID), syscall.EINVAL)
}

func TestTakingDoesNotAllocate(t *testing.T) {
	env := peertest.New(t)
	qt, err := native.NewSystemSemaphore(env.Name(), 1, native.Create)
	require.NoError(t, err)
	t.Cleanup(qt.Close)
	lock, err := System{}.Lock(ipc.Place{Lock: env.Tmp + "/" + env.Files(env.Tmp)[0]})
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = lock.Take(1, 0), lock.Give() }), "take, give")
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = take(-1, 1) }), "take")
}
