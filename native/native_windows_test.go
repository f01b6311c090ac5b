//go:build cgo

package native

import (
	"errors"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// eachWindowsPeer runs a test once for each Qt of the peer.
func eachWindowsPeer(t *testing.T, test func(t *testing.T, env *peertest.Env, peer *peertest.Peer)) {
	for _, qt := range peertest.QtVersions {
		t.Run("peer-qt"+string(rune('0'+qt)), func(t *testing.T) {
			env := peertest.New(t)
			test(t, env, env.Verbs(qt))
		})
	}
}

func TestQtOnWindowsReturnsWhatAQtProcessDoes(t *testing.T) {
	eachWindowsPeer(t, func(t *testing.T, env *peertest.Env, peer *peertest.Peer) {
		name := env.Name()
		m := newMemory(t)
		require.NoError(t, m.SetKey(name))
		peer.Do("shm.new", "m", peertest.Args{"key": name})
		assert.Equal(t, peer.Do("shm.nativeKey", "m", nil).Ret, m.NativeKey())

		require.NoError(t, m.Create(5, ReadWrite))
		assert.EqualValues(t, 4096, m.Size())
		copy(m.Data(), "hello")
		second := newMemory(t)
		require.NoError(t, second.SetKey(name))
		e, ok := errors.AsType[*Error](second.Create(5, ReadWrite))
		require.True(t, ok)
		failed := peer.Do("shm.create", "m", peertest.Args{"size": 5})
		assert.False(t, failed.OK())
		assert.Equal(t, failed.Error, string(e.Code))
		second.Close() // create() that fails keeps a handle

		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
		assert.EqualValues(t, m.Size(), peer.Do("shm.size", "m", nil).Ret)
		assert.Equal(t, m.Data(), peer.Do("shm.read", "m", nil).Bytes())
		assert.Equal(t, m.Data(), env.Raw(m.NativeKey()))
	})
}

// lockName is the name of the semaphore of a segment's native key.
func lockName(native string) string { return "qipc_systemsem_" + native[len("qipc_sharedmemory_"):] }

// sizeOf is the size of a segment that was created with size.
func sizeOf(size int) int { return (size + 4095) &^ 4095 }

// segmentPlace is how the names of segments of QtKeys begin.
func segmentPlace(*peertest.Env) string { return "qipc_sharedmemory_" }

// semaphorePlace is the name of the semaphore with this key.
func semaphorePlace(t *testing.T, _ *peertest.Env, key string) string {
	return lockName(memoryOf(t, key).NativeKey())
}

// requireFault requires that f touches what it may not.
func requireFault(t *testing.T, f func()) {
	t.Helper()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		fault, ok := recover().(interface{ Addr() uintptr })
		require.True(t, ok, "the write went through")
		assert.NotZero(t, fault.Addr())
	}()
	f()
}

// undone is what the system undoes of 1 that a process took or gave.
const undone = 0

// tstRounds is how often to do what Qt's tests do five times: processes start
// slowly under Wine.
const tstRounds = 1

// noKeyCode is what a semaphore without a key answers: false, and no error.
const noKeyCode = NoError

// The types of native keys in Qt's own terms.
const (
	osDefaultType = Windows
	osLegacyType  = Windows
)

func TestQNativeIpcKeyOnWindows(t *testing.T) {
	if !HasNativeIpcKeys() {
		return
	}
	name := peertest.New(t).Name()
	m := newMemory(t)
	require.NoError(t, m.SetNativeKeyType(name, Windows))
	assert.Equal(t, "windows:"+name, m.NativeIpcKey())
	require.NoError(t, m.Create(5, ReadWrite))
	assert.Nil(t, observer.LookSemaphore(ParseNativeIpcKey(SystemSemaphoreLegacyNativeKey(name, Windows)).NativeKey()))
	require.NoError(t, m.Lock())
	assert.Zero(t, observer.LookSemaphore(name+"_sem").Value)
	require.NoError(t, m.Unlock())

	// The segment with the lock of another key does not wait for this one.
	require.NoError(t, m.Lock())
	other, err := NewNativeSharedMemory("windows:" + name + "?legacyKey=" + name)
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, other.Attach(ReadOnly))
	require.NoError(t, other.Detach())
	require.NoError(t, m.Unlock())

	for _, is := range []func(KeyType) bool{SharedMemoryIsKeyTypeSupported, SystemSemaphoreIsKeyTypeSupported} {
		assert.False(t, is(SystemV))
		assert.False(t, is(PosixRealtime))
		assert.True(t, is(Windows))
	}
	assert.Equal(t, Windows, DefaultTypeForOs())
	text := SystemSemaphorePlatformSafeKey(`Global\`+name, Windows)
	assert.Equal(t, `Global\sem_`+name, ParseNativeIpcKey(text).NativeKey())
	s, err := NewNativeSystemSemaphore(text, 2, Open)
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Acquire())
	assert.Equal(t, 1, observer.LookSemaphore(`Global\sem_`+name).Value)
	require.NoError(t, s.SetNativeKey(name+"2", 1, Open, Windows))
	require.NoError(t, s.Acquire())
	assert.Equal(t, KeyError, codeOfError(t, s.SetNativeIpcKey("systemv:x", 1, Open)))
	require.NoError(t, m.SetKey(name))
	assert.Equal(t, m.NativeIpcKey(), SharedMemoryLegacyNativeKey(name, Windows))
}
