//go:build cgo && (linux || windows)

package native

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// keyTypeRow is a global row of Qt's tests of 6.8.
type keyTypeRow struct {
	keyType KeyType
	next    KeyType // of another row
}

// eachKeyType runs a test for each type of keys that the Qt that runs has.
func eachKeyType(t *testing.T, isSupported func(KeyType) bool, test func(t *testing.T, row keyTypeRow)) {
	names := map[KeyType]string{Windows: "Windows", PosixRealtime: "POSIX", SystemV: "SystemV-Q", 'T': "SystemV-T"}
	var types []KeyType
	for _, keyType := range []KeyType{Windows, PosixRealtime, SystemV, 'T'} {
		if isSupported(keyType) {
			types = append(types, keyType)
		}
	}
	if types == nil {
		t.Log("this Qt has no QNativeIpcKey")
	}
	for i, keyType := range types {
		t.Run(names[keyType], func(t *testing.T) {
			test(t, keyTypeRow{keyType, types[(i+1)%len(types)]})
		})
	}
}

// newEnv is a place where platformSafeKey() puts key files.
func newEnv(t *testing.T) *peertest.Env {
	env := peertest.New(t)
	dir := filepath.Join(env.Work, "run")
	require.NoError(t, os.Mkdir(dir, 0o700))
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return env
}

// posixObjects is where POSIX shared memory and semaphores are.
const posixObjects = "/dev/shm"

// remembered has the POSIX objects of a key removed with the test: nobody else does.
func remembered(t *testing.T, key string) string {
	if k := ParseNativeIpcKey(key); k.Type() == PosixRealtime && !k.IsEmpty() {
		t.Cleanup(func() {
			_ = os.Remove(posixObjects + k.NativeKey())
			_ = os.Remove(posixObjects + "/sem." + k.NativeKey()[1:])
		})
	}
	return key
}

// nativeStores are semaphores with native keys.
type nativeStores struct{ row keyTypeRow }

func (nativeStores) eachQt(t *testing.T, test func(t *testing.T, qt int)) {
	eachQt(t, func(t *testing.T, qt int) {
		if peertest.HasIPCKeyVerbs(t, qt) {
			test(t, qt)
		}
	})
}

func (of nativeStores) make(t *testing.T, initial int) store {
	t.Helper()
	env := newEnv(t)
	key := remembered(t, SystemSemaphorePlatformSafeKey(env.Name(), of.row.keyType))
	open := func(t *testing.T, initial int, mode SemaphoreMode) *SystemSemaphore {
		t.Helper()
		s, err := NewNativeSystemSemaphore(key, initial, mode)
		require.NoError(t, err)
		require.NoError(t, s.Err())
		t.Cleanup(s.Close)
		return s
	}
	made := store{
		SystemSemaphore: open(t, initial, Create), value: of.value(ParseNativeIpcKey(key).NativeKey()),
		openHere: func(t *testing.T) *SystemSemaphore { return open(t, 0, Open) },
		openIn: func(qt int) *peertest.Peer {
			peer := env.Verbs(qt)
			peer.Do("sem.newNativeIpc", "s", peertest.Args{"key": key, "mode": "Open"})
			return peer
		},
	}
	if of.row.keyType <= 0xff { // only System V undoes
		made.undone = 1
	}
	return made
}

// value is how an observer sees the value of a semaphore, nil if it cannot.
func (of nativeStores) value(nativeKey string) func() int {
	switch of.row.keyType {
	case SystemV, Windows:
		return func() int { return observer.LookSemaphore(nativeKey).Value }
	case PosixRealtime: // glibc's sem_t begins with it
		return func() int {
			data, err := os.ReadFile(posixObjects + "/sem." + nativeKey[1:])
			if err != nil || len(data) < 4 {
				return -1
			}
			return int(binary.NativeEndian.Uint32(data))
		}
	}
	return nil
}

func tstSemaphoreNativeKey(t *testing.T, row keyTypeRow) {
	for _, names := range [][2]string{{"", ""}, {"", "one"}, {"one", "two"}} {
		t.Run(orNull(names[0])+", "+orNull(names[1]), func(t *testing.T) {
			env := newEnv(t)
			key := func(name string, keyType KeyType) string {
				if name != "" {
					name += env.Name()
				}
				return remembered(t, SystemSemaphorePlatformSafeKey(name, keyType))
			}
			first := key(names[0], row.keyType)
			s, err := NewNativeSystemSemaphore(first, 0, Open)
			require.NoError(t, err)
			t.Cleanup(s.Close)
			assert.Equal(t, first, s.NativeIpcKey())
			assert.NoError(t, s.Err())
			second := key(names[1], row.keyType)
			require.NoError(t, s.SetNativeIpcKey(second, 0, Open))
			assert.Equal(t, second, s.NativeIpcKey())
			assert.NoError(t, s.Err())
			third := key(names[1], row.next)
			err = s.SetNativeIpcKey(third, 0, Open)
			assert.Equal(t, third, s.NativeIpcKey(), "%v", err)
		})
	}
}

func tstSemaphoreChangeKeyType(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	name := env.Name()
	key := remembered(t, SystemSemaphorePlatformSafeKey(name, row.keyType))
	other := remembered(t, SystemSemaphorePlatformSafeKey(name, row.next))
	first, err := NewNativeSystemSemaphore(key, 1, Create)
	require.NoError(t, err)
	t.Cleanup(first.Close)
	second, err := NewNativeSystemSemaphore(other, 0, Open)
	require.NoError(t, err)
	t.Cleanup(second.Close)
	require.NoError(t, first.SetNativeIpcKey(other, 0, Open))
	require.NoError(t, second.SetNativeIpcKey(key, 0, Open))
	assert.Equal(t, other, first.NativeIpcKey())
	assert.Equal(t, key, second.NativeIpcKey())
}
