//go:build cgo && (linux || windows)

package native

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// The Qt that runs has these keys since 6.6, whatever this was compiled against.
func TestHasNativeIpcKeys(t *testing.T) {
	var major, minor int
	_, err := fmt.Sscanf(VersionRunning(), "%d.%d", &major, &minor)
	require.NoError(t, err)
	assert.Equal(t, major == 6 && minor >= 6, HasNativeIpcKeys())
}

func TestNativeIpcKey(t *testing.T) {
	env := peertest.New(t)
	m := newMemory(t)
	path := env.Work + "/a%key"
	if LegacyDefaultTypeForOs() == Windows {
		path = `Global\a%key`
	}
	text := NewNativeIpcKey(path, LegacyDefaultTypeForOs()).String() + "?legacyKey=" + env.Name()
	err := m.SetNativeIpcKey(text)
	if !HasNativeIpcKeys() {
		assert.Equal(t, Argument, codeOfError(t, err))
		assert.Empty(t, m.NativeIpcKey())
		return
	}
	require.NoError(t, err)
	assert.Equal(t, path, m.NativeKey())
	assert.Equal(t, text, m.NativeIpcKey())
	assert.Contains(t, text, "a%25key")
	assert.Equal(t, Argument, codeOfError(t, m.SetNativeIpcKey("no such type:x")))
	assert.Empty(t, env.Files(env.Work), "a key alone makes nothing")
}

// Without QNativeIpcKey all of its functions say so.
func TestWithoutNativeIpcKeys(t *testing.T) {
	if HasNativeIpcKeys() {
		return
	}
	const text = "posix:/x"
	assert.Zero(t, ParseNativeIpcKey(text))
	assert.Empty(t, NewNativeIpcKey("/x", PosixRealtime).String())
	m := newMemory(t)
	assert.Equal(t, Argument, codeOfError(t, m.SetNativeKeyType("/x", SystemV)))
	assert.Empty(t, m.NativeKey())
	s := newSemaphore(t, "", 1, Open)
	assert.Equal(t, Argument, codeOfError(t, s.SetNativeIpcKey(text, 1, Open)))
	assert.Equal(t, Argument, codeOfError(t, s.SetNativeKey("/x", 1, Open, SystemV)))
	assert.Empty(t, s.NativeIpcKey())
	_, err := NewNativeSystemSemaphore(text, 1, Open)
	assert.Equal(t, Argument, codeOfError(t, err))
	_, err = NewNativeSharedMemory(text)
	assert.Equal(t, Argument, codeOfError(t, err))
	for _, t2 := range []KeyType{SystemV, PosixRealtime, Windows} {
		assert.False(t, SharedMemoryIsKeyTypeSupported(t2))
		assert.False(t, SystemSemaphoreIsKeyTypeSupported(t2))
		assert.Empty(t, SharedMemoryPlatformSafeKey("x", t2))
		assert.Empty(t, SharedMemoryLegacyNativeKey("x", t2))
		assert.Empty(t, SystemSemaphorePlatformSafeKey("x", t2))
		assert.Empty(t, SystemSemaphoreLegacyNativeKey("x", t2))
	}
}

func TestEveryMethodOfQNativeIpcKey(t *testing.T) {
	if !HasNativeIpcKeys() || LegacyDefaultTypeForOs() == Windows { // see TestQNativeIpcKeyOnWindows
		return
	}
	env := peertest.New(t)
	path := env.Work + "/key"

	// The segment and its lock, whose content another object sees.
	m := newMemory(t)
	require.NoError(t, m.SetNativeKeyType(path, SystemV))
	assert.Equal(t, path, m.NativeKey())
	assert.Equal(t, "systemv:"+path, m.NativeIpcKey())
	require.NoError(t, m.Create(5, ReadWrite))
	require.NoError(t, m.Lock())
	copy(m.Data(), "hello")
	require.NoError(t, m.Unlock())
	other, err := NewNativeSharedMemory(m.NativeIpcKey())
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, other.Err())
	require.NoError(t, other.Attach(ReadOnly))
	assert.Equal(t, "hello", string(other.Data()))
	require.NoError(t, other.Detach())
	require.NoError(t, m.Detach())

	// A semaphore.
	text := SystemSemaphorePlatformSafeKey(path, SystemV)
	assert.Equal(t, "systemv:"+path, text)
	s, err := NewNativeSystemSemaphore(text, 2, Create)
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Err())
	assert.Equal(t, text, s.NativeIpcKey())
	require.NoError(t, s.Acquire())
	require.NoError(t, s.Acquire())
	require.NoError(t, s.SetNativeKey(path+"2", 1, Create, SystemV))
	assert.Equal(t, text+"2", s.NativeIpcKey())
	require.NoError(t, s.Acquire())
	require.NoError(t, s.SetNativeIpcKey("systemv-84:"+path, 1, Create))
	require.NoError(t, s.Acquire())
	assert.Equal(t, KeyError, codeOfError(t, s.SetNativeIpcKey("windows:x", 1, Open)))
	_, err = NewNativeSharedMemory("no key")
	assert.Equal(t, Argument, codeOfError(t, err))
	_, err = NewNativeSystemSemaphore("no key", 1, Open)
	assert.Equal(t, Argument, codeOfError(t, err))
	_, err = NewNativeSystemSemaphore(text, 1, 7)
	assert.Equal(t, Argument, codeOfError(t, err))
	assert.Equal(t, Argument, codeOfError(t, s.SetNativeIpcKey(text, 1<<40, Open)))
	assert.Equal(t, Argument, codeOfError(t, s.SetNativeKey(path, 1, 7, SystemV)))

	// What keys there are.
	for _, is := range []func(KeyType) bool{SharedMemoryIsKeyTypeSupported, SystemSemaphoreIsKeyTypeSupported} {
		assert.True(t, is(SystemV))
		assert.True(t, is(PosixRealtime))
		assert.False(t, is(Windows))
	}
	name := env.Name()
	require.NoError(t, m.SetKey(name))
	assert.Equal(t, m.NativeIpcKey(), SharedMemoryLegacyNativeKey(name, SystemV))
	assert.Equal(t, "posix:/"+name, SharedMemoryPlatformSafeKey(name, PosixRealtime))
	require.NoError(t, s.SetKey(name, 1, Create))
	assert.Equal(t, s.NativeIpcKey(), SystemSemaphoreLegacyNativeKey(name, SystemV))
	assert.NotEqual(t, s.NativeIpcKey(), m.NativeIpcKey())
}
