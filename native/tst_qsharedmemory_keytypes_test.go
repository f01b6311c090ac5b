//go:build cgo && (linux || windows)

package native

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// What Qt's own tst_QSharedMemory of 6.8 tests, with keys of each type that there is,
// if the Qt that runs has QNativeIpcKey. Its legacyKey is key of TestTstQSharedMemory.
// useTooMuchMemory is played with setKey() alone, in limits that POSIX shared memory
// does not have.
func TestTstQSharedMemoryKeyTypes(t *testing.T) {
	eachKeyType(t, SharedMemoryIsKeyTypeSupported, func(t *testing.T, row keyTypeRow) {
		for name, test := range map[string]func(*testing.T, keyTypeRow){
			"constructor": tstKeyTypeConstructor, "nativeKey": tstNativeKey, "create": tstKeyTypeCreate, "attach": tstKeyTypeAttach,
			"changeKeyType": tstChangeKeyType, "lock": tstKeyTypeLock, "removeWhileAttached": tstKeyTypeRemoveWhileAttached,
			"emptyMemory": tstKeyTypeEmptyMemory, "readOnly": tstKeyTypeReadOnly, "simpleProducerConsumer": tstKeyTypeProducerConsumer,
			"simpleDoubleProducerConsumer":   tstKeyTypeDoubleProducerConsumer,
			"simpleThreadedProducerConsumer": tstKeyTypeThreadedProducerConsumer,
			"uniqueKey":                      tstKeyTypeUniqueKey, "attachBeforeCreate": tstAttachBeforeCreate,
		} {
			t.Run(name, func(t *testing.T) { test(t, row) })
		}
	})
}

// key is platformSafeKey(name), and removed with the test.
func (row keyTypeRow) key(t *testing.T, name string) string {
	t.Helper()
	return remembered(t, SharedMemoryPlatformSafeKey(name, row.keyType))
}

// memoryWith is QSharedMemory(QNativeIpcKey).
func memoryWith(t *testing.T, key string) *SharedMemory {
	t.Helper()
	m, err := NewNativeSharedMemory(key)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return m
}

// removePosix removes a segment as POSIX has it: the last one to detach does not.
func removePosix(t *testing.T, key string) {
	t.Helper()
	if k := ParseNativeIpcKey(key); k.Type() == PosixRealtime {
		require.NoError(t, os.Remove(posixObjects+k.NativeKey()))
	}
}

func tstKeyTypeConstructor(t *testing.T, _ keyTypeRow) {
	m := newMemory(t)
	requireUnattached(t, m)
	assert.Empty(t, m.NativeKey())
	assert.Equal(t, NewNativeIpcKey("", DefaultTypeForOs()).String(), m.NativeIpcKey())
	assert.NoError(t, m.Err())
	assert.Empty(t, m.Key())
}

func tstNativeKey(t *testing.T, row keyTypeRow) {
	for _, names := range [][2]string{{"", ""}, {"one", ""}, {"", "one"}, {"one", "two"}, {"o/e", "t/o"}} {
		t.Run(orNull(names[0])+", "+orNull(names[1]), func(t *testing.T) {
			env := newEnv(t)
			first, second := row.key(t, names[0]), row.key(t, names[1])
			third := remembered(t, SharedMemoryPlatformSafeKey(names[1], row.next))
			m := memoryWith(t, first)
			require.Equal(t, first, m.NativeIpcKey())
			for _, key := range []string{second, third} {
				require.NoError(t, m.SetNativeIpcKey(key))
				assert.Equal(t, key, m.NativeIpcKey())
				assert.Equal(t, ParseNativeIpcKey(key).NativeKey(), m.NativeKey())
				requireUnattached(t, m)
				assert.NoError(t, m.Err())
				assert.Error(t, m.Detach())
			}
			assert.Empty(t, env.Files(env.Work+"/run"), "a key alone makes nothing")
		})
	}
}

func tstKeyTypeCreate(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	existing := row.key(t, env.Name())
	first := memoryWith(t, existing)
	require.NoError(t, first.Create(1024, ReadWrite))
	requireCode(t, KeyError, memoryWith(t, row.key(t, "")).Create(1024, ReadWrite))
	requireCode(t, InvalidSize, memoryWith(t, row.key(t, env.Name())).Create(-1, ReadWrite))
	m := memoryWith(t, row.key(t, env.Name()))
	require.NoError(t, m.Create(1024, ReadWrite))
	assert.EqualValues(t, sizeOf(1024), m.Size())
	assert.NotNil(t, m.Data())
	m = memoryWith(t, existing)
	requireCode(t, AlreadyExists, m.Create(1024, ReadWrite))
	assert.Equal(t, existing, m.NativeIpcKey())
	requireUnattached(t, m)
}

func tstKeyTypeAttach(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	existing := row.key(t, env.Name())
	first := memoryWith(t, existing)
	require.NoError(t, first.Create(1024, ReadWrite))
	for key, want := range map[string]Code{row.key(t, ""): KeyError, row.key(t, env.Name()): NotFound} {
		m := memoryWith(t, key)
		requireCode(t, want, m.Attach(ReadWrite))
		requireUnattached(t, m)
		assert.Equal(t, key, m.NativeIpcKey())
		assert.Error(t, m.Detach())
	}
	m := memoryWith(t, existing)
	for i := range byte(2) {
		require.NoError(t, m.Attach(ReadWrite))
		require.NoError(t, m.Err())
		require.EqualValues(t, sizeOf(1024), m.Size())
		first.Data()[7] = 'A' + i
		require.Equal(t, 'A'+i, m.Data()[7])
		require.NoError(t, m.Detach())
		requireUnattached(t, m)
	}
}

func tstChangeKeyType(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	existing, missing := env.Name(), env.Name()
	require.NoError(t, memoryWith(t, row.key(t, existing)).Create(1024, ReadWrite))
	for name, want := range map[string]Code{"": KeyError, missing: NotFound, existing: NoError} {
		m := memoryWith(t, row.key(t, name))
		err := m.Attach(ReadWrite)
		require.Equal(t, want == NoError, err == nil)
		require.NoError(t, m.SetNativeIpcKey(remembered(t, SharedMemoryPlatformSafeKey(name, row.next))))
		assert.False(t, m.IsAttached())
		switch err = m.Attach(ReadWrite); {
		case want != NoError:
			requireCode(t, want, err)
		case row.next != row.keyType:
			requireCode(t, NotFound, err)
		default: // there is one type, and the key is the same again
			require.NoError(t, err)
		}
	}
}

func tstKeyTypeLock(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	m := newMemory(t)
	requireCode(t, LockError, m.Lock())
	require.NoError(t, m.SetNativeIpcKey(row.key(t, env.Name())))
	requireCode(t, LockError, m.Lock())
	require.NoError(t, m.Create(100, ReadWrite))
	require.NoError(t, m.Lock())
	requireAlreadyLocked(t, m)
	require.NoError(t, m.Unlock())
}

func tstKeyTypeRemoveWhileAttached(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	key := row.key(t, env.Name())
	first := memoryWith(t, key)
	require.NoError(t, first.Create(1024, ReadWrite))
	second := memoryWith(t, key)
	require.NoError(t, second.Attach(ReadWrite))
	first.Data()[0] = 'Q'
	first.Close()
	assert.EqualValues(t, 'Q', second.Data()[0], "it lives on")
	second.Close()
	removePosix(t, key)
	requireCode(t, NotFound, memoryWith(t, key).Attach(ReadWrite))
}

func tstKeyTypeEmptyMemory(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	m := memoryWith(t, row.key(t, env.Name()))
	require.NoError(t, m.Create(1024, ReadOnly))
	assert.Equal(t, make([]byte, sizeOf(1024)), m.ConstData())
}

// Writing through a ReadOnly mapping crashes: here a Qt process.
func tstKeyTypeReadOnly(t *testing.T, row keyTypeRow) {
	nativeStores{}.eachQt(t, func(t *testing.T, qt int) {
		env := newEnv(t)
		key := row.key(t, env.Name())
		m := memoryWith(t, key)
		require.NoError(t, m.Create(1024, ReadWrite))
		peer := env.Verbs(qt)
		peer.Do("shm.newNativeIpc", "m", peertest.Args{"key": key})
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
		_, err := peer.Try("shm.writeRaw", "m", peertest.Args{"data": []byte("a")})
		require.Error(t, err, "it answers")
		assert.Error(t, peer.End())
		assert.Zero(t, m.Data()[0])
	})
}

func tstKeyTypeProducerConsumer(t *testing.T, row keyTypeRow) {
	for _, mode := range []AccessMode{ReadOnly, ReadWrite} {
		env := newEnv(t)
		key := row.key(t, env.Name())
		producer := memoryWith(t, key)
		require.NoError(t, producer.Create(512, ReadWrite))
		consumer := memoryWith(t, key)
		require.NoError(t, consumer.Attach(mode))
		put, get := producer.Data(), consumer.ConstData()
		require.NotSame(t, &put[0], &get[0], "two mappings")
		for i := range put {
			put[i] = byte(i + 1)
			require.Equal(t, byte(i+1), get[i], "byte %d", i)
		}
		require.NoError(t, consumer.Detach())
	}
}

func tstKeyTypeDoubleProducerConsumer(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	key := row.key(t, env.Name())
	producer := memoryWith(t, key)
	require.NoError(t, producer.Create(512, ReadWrite))
	require.NoError(t, producer.Detach())
	removePosix(t, key)
	require.NoError(t, producer.Create(512, ReadWrite))
	require.NoError(t, memoryWith(t, key).Attach(ReadWrite))
}

func tstKeyTypeThreadedProducerConsumer(t *testing.T, row keyTypeRow) {
	for _, consumers := range []int{1, 5} {
		for _, threaded := range []bool{true, false} {
			env := newEnv(t)
			key := row.key(t, env.Name())
			m := memoryWith(t, key)
			require.NoError(t, m.Create(1024, ReadWrite))
			playThreads(t, m, consumers, threaded, func() (*SharedMemory, error) { return NewNativeSharedMemory(key) })
		}
	}
}

func tstKeyTypeUniqueKey(t *testing.T, row keyTypeRow) {
	newEnv(t)
	for _, names := range uniqueKeys {
		a, b := memoryWith(t, row.key(t, names[0])), memoryWith(t, row.key(t, names[1]))
		assert.Equal(t, names[0] == names[1], a.NativeIpcKey() == b.NativeIpcKey(), "%q", names)
		assert.Equal(t, names[0] == names[1], a.NativeKey() == b.NativeKey(), "%q", names)
	}
}

// An attach() that failed must not keep create() from working.
func tstAttachBeforeCreate(t *testing.T, row keyTypeRow) {
	env := newEnv(t)
	m := memoryWith(t, row.key(t, env.Name()))
	require.Error(t, m.Attach(ReadWrite))
	require.NoError(t, m.Create(100, ReadWrite))
	if row.keyType == LegacyDefaultTypeForOs() {
		m := memoryOf(t, env.Name())
		require.Error(t, m.Attach(ReadWrite))
		require.NoError(t, m.Create(100, ReadWrite))
	}
}
