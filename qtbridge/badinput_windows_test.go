//go:build cgo

package qtbridge

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// impossibleKeys are names that no object can have, and one that Windows would
// cut off.
func impossibleKeys(env *peertest.Env) []unusableKey {
	return []unusableKey{
		{"in a directory", NativeKey(`missing\` + env.Name()), ErrKey},
		{"a path", NativeKey(`C:\key`), ErrKey},
		{"in no namespace", NativeKey(`\key`), ErrKey},
		{"nothing after Global", NativeKey(`Global\`), ErrKey},
		{"32767 letters", NativeKey(strings.Repeat("a", 32767)), ErrKey},
		{"32767 letters with Qt's", QtKey(strings.Repeat("a", 32767)), ErrKey},
	}
}

// Names longer than MAX_PATH are no limit, to Qt neither.
func TestLongNames(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		long := env.Name() + strings.Repeat("a", 300)
		for _, key := range []Key{QtKey(long), NativeKey(long)} {
			create(peer, key, 5, []byte("hello"))
			s := mustAttach(t, key, ReadOnly)
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			assert.Equal(t, paged([]byte("hello")), got)
			require.NoError(t, s.Close())
		}
	})
}

// Global\NAME and NAME are two segments. To create the former takes a privilege
// on Windows that Wine does not ask for.
func TestGlobalIsAnotherSegment(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		global := NativeKey(`Global\` + name)
		peer := env.Verbs(qt)
		create(peer, global, 5, []byte("hello"))
		for _, name := range []string{name, `Local\` + name} {
			_, err := Attach(soon(t), NativeKey(name), ReadOnly)
			e := requireError(t, err, "attach", NativeKey(name), ErrNotFound)
			assert.Contains(t, e.Msg, `Global\`)
		}
		mustAttach(t, global, ReadOnly)
	})
}

// In another session the same name is another segment. Wine has one session, but
// the names of others.
func TestSegmentOfAnotherSession(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		var ours uint32
		require.NoError(t, windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &ours))
		session := map[bool]string{true: `Session\1\`, false: `Session\0\`}[ours == 0]
		name := env.Name()
		create(env.Verbs(qt), NativeKey(session+name), 5, []byte("hello"))
		_, err := Attach(soon(t), NativeKey(name), ReadOnly)
		e := requireError(t, err, "attach", NativeKey(name), ErrNotFound)
		assert.Contains(t, e.Msg, "in this session")
	})
}

// wide is a name as Windows takes it.
func wide(t *testing.T, name string) *uint16 {
	t.Helper()
	text, err := windows.UTF16PtrFromString(name)
	require.NoError(t, err)
	return text
}

// having keeps what is opened until the test ends.
func having(t *testing.T, handle windows.Handle, err error) windows.Handle {
	t.Helper()
	require.NoError(t, err)
	t.Cleanup(func() { _ = windows.CloseHandle(handle) })
	return handle
}

// A name of an object of another kind cannot be that of a segment or lock.
func TestNamesOfOtherObjects(t *testing.T) {
	for kind, open := range map[string]func(name *uint16) (windows.Handle, error){
		"mutex": func(name *uint16) (windows.Handle, error) { return windows.CreateMutex(nil, false, name) },
		"event": func(name *uint16) (windows.Handle, error) { return windows.CreateEvent(nil, 0, 0, name) },
	} {
		t.Run(kind, func(t *testing.T) {
			env := peertest.New(t)
			key := nativeKey(env)
			handle, err := open(wide(t, key.Name()))
			having(t, handle, err)
			requireUnusable(t, key)

			key = QtKey(env.Name())
			segment, lock := keyFiles(t, key)
			handle, err = open(wide(t, lock))
			having(t, handle, err)
			_, err = Create(soon(t), key, 5, ReadWrite)
			requireError(t, err, "create", key, ErrKey)
			assert.Nil(t, observer.Look(segment), "nothing is left")
			_, err = OpenSemaphore(key, 1)
			requireError(t, err, "open", key, ErrKey)
		})
	}
	t.Run("semaphore", func(t *testing.T) {
		env := peertest.New(t)
		semaphore := openSem(t, QtKey(env.Name()), 1)
		requireUnusable(t, NativeKey(second(keyFiles(t, semaphore.Key()))))
	})
}

// requireUnusable requires that there can be no segment with a key.
func requireUnusable(t *testing.T, key Key) {
	t.Helper()
	_, err := Create(soon(t), key, 5, ReadWrite)
	requireError(t, err, "create", key, ErrKey)
	_, err = Attach(soon(t), key, ReadOnly)
	e := requireError(t, err, "attach", key, ErrKey)
	assert.Contains(t, e.Msg, "use another key")
}

// rawMapping makes one without Qt.
func rawMapping(t *testing.T, key Key, protection, size uint32) windows.Handle {
	t.Helper()
	handle, err := windows.CreateFileMapping(windows.InvalidHandle, nil, protection, 0, size, wide(t, key.Name()))
	return having(t, handle, err)
}

func TestMappingsThatAreNotQts(t *testing.T) {
	t.Run("of an odd size", func(t *testing.T) {
		key := nativeKey(peertest.New(t))
		rawMapping(t, key, windows.PAGE_READWRITE, 70001)
		s := mustAttach(t, key, ReadWrite)
		assert.Equal(t, pagedSize(70001), s.Size())
		_, err := s.WriteAt([]byte("x"), int64(s.Size()-1))
		require.NoError(t, err)
	})
	t.Run("read-only", func(t *testing.T) {
		key := nativeKey(peertest.New(t))
		rawMapping(t, key, windows.PAGE_READONLY, 5)
		if s, err := Attach(soon(t), key, ReadWrite); err == nil {
			_, err = closing(t, s).WriteAt([]byte("x"), 0) // Wine 8.0 lets it be written to
			require.NoError(t, err)
		} else {
			requireError(t, err, "attach", key, ErrPermission)
		}
		_, err := mustAttach(t, key, ReadOnly).Snapshot(soon(t), nil)
		require.NoError(t, err)
	})
	t.Run("reserved alone", func(t *testing.T) {
		key := nativeKey(peertest.New(t))
		const secReserve = 0x4000000
		handle := rawMapping(t, key, windows.PAGE_READWRITE|secReserve, 8192)
		requireUnusable(t, key) // to read it would be a fault

		const memCommit = 0x1000
		address, err := windows.MapViewOfFile(handle, windows.FILE_MAP_WRITE, 0, 0, 0)
		require.NoError(t, err)
		defer func() { _ = windows.UnmapViewOfFile(address) }()
		_, err = windows.VirtualAlloc(address, 4096, memCommit, windows.PAGE_READWRITE)
		require.NoError(t, err)
		s := mustAttach(t, key, ReadOnly)
		data, err := s.Snapshot(soon(t), nil)
		require.NoError(t, err)
		assert.Len(t, data, 4096, "as far as it has memory")
	})
}

// A size is never cut off: it comes as asked for, or there is an error.
func TestSizesBeyond32Bits(t *testing.T) {
	key := nativeKey(peertest.New(t))
	for _, size := range []int{1<<31 + 1, 1<<32 + 5} {
		s, err := Create(soon(t), key, size, ReadWrite)
		if int64(size) > native.MaxSize() {
			requireError(t, err, "create", key, ErrSize) // of Qt 5
			continue
		}
		if err != nil { // for want of memory
			require.NotErrorIs(t, err, ErrUnknown)
			continue
		}
		assert.Equal(t, pagedSize(size), s.Size())
		_, err = s.WriteAt([]byte("x"), int64(size-1))
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
	assert.Nil(t, observer.Look(first(keyFiles(t, key))))
}

// A Segment attached ReadOnly is so in the view too: what writes past Go is
// turned away by Windows, and nothing arrives at the peer.
func TestReadOnlyViewIsProtected(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
			create(env.Verbs(qt), key, 5, []byte("hello"))
			s := mustAttach(t, key, ReadOnly)
			requireError(t, s.View(func(data []byte) error { data[0] = 'H'; return nil }), "view", key, ErrReadOnly)
			require.NoError(t, s.View(func(data []byte) error {
				var region windows.MemoryBasicInformation
				require.NoError(t, windows.VirtualQuery(uintptr(unsafe.Pointer(&data[0])), &region, unsafe.Sizeof(region)))
				assert.EqualValues(t, windows.PAGE_READONLY, region.Protect)
				return nil
			}))
			assert.Equal(t, paged([]byte("hello")), env.Raw(first(keyFiles(t, key))))
			require.NoError(t, s.Close())
		}
	})
}
