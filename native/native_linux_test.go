//go:build cgo

package native

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func TestLookIsWithoutEffect(t *testing.T) {
	env := peertest.New(t)
	_, err := LookSegment(env.Tmp + "/nothing")
	assert.ErrorIs(t, err, syscall.ENOENT)
	assert.EqualError(t, err, "native: key file "+env.Tmp+"/nothing: no such file or directory")
	_, err = LookSemaphore("with\x00nul")
	assert.ErrorIs(t, err, syscall.EINVAL)
	assert.Empty(t, env.Files(env.Tmp))

	m := newMemory(t)
	require.NoError(t, m.SetKey(env.Name()))
	require.NoError(t, m.Create(7, ReadWrite))
	state, err := LookSegment(m.NativeKey())
	require.NoError(t, err)
	raw := observer.Look(m.NativeKey())
	assert.Equal(t, raw.ID, state.ID)
	assert.EqualValues(t, 7, state.Size)
	assert.Equal(t, 1, state.Attached)
	assert.Equal(t, syscall.Getpid(), state.Creator)
	assert.EqualValues(t, 0o600, state.Mode)
	assert.Equal(t, *raw, *observer.Look(m.NativeKey()))
}

func TestTakeAndGive(t *testing.T) {
	env := peertest.New(t)
	s := newSemaphore(t, env.Name(), 1, Create)
	path := env.Tmp + "/" + env.Files(env.Tmp)[0]
	state, err := LookSemaphore(path)
	require.NoError(t, err)

	require.NoError(t, Take(state.ID, 1, 0))
	assert.ErrorIs(t, Take(state.ID, 1, 0), syscall.EAGAIN)
	start := time.Now()
	err = Take(state.ID, 1, 20*time.Millisecond)
	for errors.Is(err, syscall.EINTR) {
		err = Take(state.ID, 1, 20*time.Millisecond)
	}
	assert.ErrorIs(t, err, syscall.EAGAIN)
	assert.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)
	require.NoError(t, Give(state.ID))
	assert.ErrorIs(t, Give(state.ID), syscall.ERANGE, "no second give, which would let two in")
	assert.Equal(t, 1, observer.LookSemaphore(path).Value)

	s.Close()
	assert.ErrorIs(t, Take(state.ID, 1, 0), syscall.EINVAL)
	assert.ErrorIs(t, Give(state.ID), syscall.EINVAL)
}

func TestLocal8Bit(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		peer := peertest.New(t).Verbs(qt)
		for _, text := range []string{"", "plain", "é共享\x00€", "nul\x00", "🀄", strings.Repeat("享", 1<<16)} {
			data, err := ToLocal8Bit(text)
			require.NoError(t, err)
			theirs := peer.Do("text.encode", "", peertest.Args{"encoding": "Local8Bit", "text": text}).Bytes()
			assert.Equal(t, theirs, data)
			back, err := FromLocal8Bit(data)
			require.NoError(t, err)
			assert.Equal(t, text, back)
		}
		for _, data := range [][]byte{nil, {}, {0}, {0xff, 0, 0xfe}, []byte("\uFEFFmarked"), []byte("a\xe5\x85")} {
			text, err := FromLocal8Bit(data)
			require.NoError(t, err)
			theirs, _ := peer.Do("text.decode", "", peertest.Args{"encoding": "Local8Bit", "base64": append([]byte{}, data...)}).Ret.(string)
			assert.Equal(t, theirs, text, "% x", data)
		}
	}
}

// sizeOf is the size of a segment that was created with size.
func sizeOf(size int) int { return size }

// segmentPlace is how the key files of segments of QtKeys begin.
func segmentPlace(env *peertest.Env) string { return env.Tmp + "/qipc_sharedmemory_" }

// semaphorePlace is the only key file there is.
func semaphorePlace(_ *testing.T, env *peertest.Env, _ string) string {
	return env.Tmp + "/" + env.Files(env.Tmp)[0]
}

// undone is what the kernel undoes of 1 that a process took or gave.
const undone = 1

// tstRounds is how often Qt's tests do what they do often.
const tstRounds = 5

// noKeyCode is what a semaphore without a key answers.
const noKeyCode = KeyError
