//go:build cgo && (linux || windows)

package native

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/native/nativetest"
)

func newMemory(t *testing.T) *SharedMemory {
	t.Helper()
	m, err := NewSharedMemory()
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return m
}

func newSemaphore(t *testing.T, key string, initial int, mode SemaphoreMode) *SystemSemaphore {
	t.Helper()
	s, err := NewSystemSemaphore(key, initial, mode)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func codeOfError(t *testing.T, err error) Code {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok, "%v", err)
	return e.Code
}

func TestVersionIsTheOneAskedFor(t *testing.T) {
	t.Logf("Qt %s, compiled against %s", VersionRunning(), VersionCompiled())
	assert.Equal(t, wantMajor, VersionRunning()[:1])
	assert.NoError(t, checkMajor(VersionCompiled(), VersionRunning()))
}

func TestCheckMajor(t *testing.T) {
	assert.NoError(t, checkMajor("6.4.2", "6.11.2"))
	assert.ErrorIs(t, checkMajor("6.4.2", "5.15.8"), ErrMixed)
	assert.ErrorIs(t, checkMajor("5.15.8", "6.4.2"), ErrMixed)
}

func TestEveryMethodOfQSharedMemory(t *testing.T) {
	env := peertest.New(t)
	m := newMemory(t)
	assert.NoError(t, m.Err())
	assert.Empty(t, m.Key())
	assert.Empty(t, m.NativeKey())

	name := env.Name()
	require.NoError(t, m.SetKey(name))
	assert.Equal(t, name, m.Key())
	assert.Contains(t, m.NativeKey(), segmentPlace(env))
	assert.Empty(t, env.Files(env.Tmp), "a key alone makes nothing")
	assert.Zero(t, m.Size())
	assert.Nil(t, m.Data())
	assert.Nil(t, m.ConstData())
	assert.False(t, m.IsAttached())

	require.NoError(t, m.Create(5, ReadWrite))
	assert.True(t, m.IsAttached())
	assert.EqualValues(t, sizeOf(5), m.Size())
	assert.Equal(t, make([]byte, sizeOf(5)), m.Data())
	require.NoError(t, m.Lock())
	copy(m.Data(), "hello")
	require.NoError(t, m.Unlock())
	assert.Equal(t, NoError, codeOfError(t, m.Unlock()), "a second unlock is false without an error")
	assert.Equal(t, m.Data(), env.Raw(m.NativeKey()))
	assert.Equal(t, "hello", string(m.Data()[:5]))

	reader := newMemory(t)
	require.NoError(t, reader.SetNativeKey(m.NativeKey()))
	assert.Empty(t, reader.Key())
	require.NoError(t, reader.Attach(ReadOnly))
	assert.Equal(t, m.Data(), reader.ConstData())
	err := reader.Lock()
	if HasNativeIpcKeys() {
		require.NoError(t, err)
		require.NoError(t, reader.Unlock())
	} else {
		assert.Equal(t, LockError, codeOfError(t, err))
		assert.EqualError(t, err, "QSharedMemory::lock failed: LockError: QSharedMemory::lock: unable to lock")
		assert.Error(t, reader.Err())
	}
	require.NoError(t, reader.Detach())
	assert.False(t, reader.IsAttached())
	assert.Error(t, reader.Detach(), "not attached")

	require.NoError(t, m.Detach())
	require.NoError(t, m.SetKey(""))
	assert.Empty(t, m.Key())
}

func TestEveryMethodOfQSystemSemaphore(t *testing.T) {
	env := peertest.New(t)
	name := env.Name()
	s := newSemaphore(t, name, 2, Create)
	require.NoError(t, s.Err())
	assert.Equal(t, name, s.Key())
	require.NoError(t, s.Acquire())
	require.NoError(t, s.Acquire())
	require.NoError(t, s.Release(2))
	require.NoError(t, s.Acquire())

	require.Equal(t, 1, observer.LookSemaphore(semaphorePlace(t, env, name)).Value)

	require.NoError(t, s.SetKey(env.Name(), 1, Open))
	require.NoError(t, s.Acquire())
	assert.Equal(t, NoError, codeOfError(t, s.Release(-1)), "Qt warns and sets no error")

	assert.Equal(t, noKeyCode, codeOfError(t, newSemaphore(t, "", 1, Open).Acquire()))
	_, err := NewSystemSemaphore(name, 1, 7)
	assert.Equal(t, Argument, codeOfError(t, err))
	assert.Equal(t, Argument, codeOfError(t, s.SetKey(name, 1, 7)))
	assert.Equal(t, Argument, codeOfError(t, s.SetKey(name, 1<<40, Open)))
	assert.Equal(t, Argument, codeOfError(t, s.Release(1<<40)))
}

func TestErrorsOfQSharedMemory(t *testing.T) {
	env := peertest.New(t)
	name := env.Name()
	m := newMemory(t)
	assert.Equal(t, KeyError, codeOfError(t, newMemory(t).Create(5, ReadWrite)))
	require.NoError(t, m.SetKey(name))
	assert.Equal(t, NotFound, codeOfError(t, m.Attach(ReadOnly)))
	assert.Equal(t, InvalidSize, codeOfError(t, m.Create(0, ReadWrite)))
	assert.Equal(t, Argument, codeOfError(t, m.Create(5, 7)))
	assert.Equal(t, Argument, codeOfError(t, m.Attach(-1)))
	if MaxSize() < 1<<40 {
		assert.Equal(t, Argument, codeOfError(t, m.Create(1<<40, ReadWrite)))
	}
	require.NoError(t, m.Create(5, ReadWrite))
	again := newMemory(t)
	require.NoError(t, again.SetKey(name))
	assert.Equal(t, AlreadyExists, codeOfError(t, again.Create(5, ReadWrite)))
}

// The numbers of the enums are asserted in C++; that Go gives them Qt's names
// is compared with what a Qt process says of the same failures.
func TestErrorNamesAgreeWithAQtProcess(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		env := peertest.New(t)
		peer := env.Verbs(qt)
		name := env.Name()
		m := newMemory(t)
		require.NoError(t, m.SetKey(name))
		peer.Do("shm.new", "m", peertest.Args{"key": name})

		steps := []struct {
			op   string
			args peertest.Args
			err  error
		}{
			{"shm.attach", peertest.Args{"mode": "ReadOnly"}, m.Attach(ReadOnly)},
			{"shm.create", peertest.Args{"size": 0}, m.Create(0, ReadWrite)},
			{"shm.lock", nil, newMemory(t).Lock()},
		}
		peer.Do("shm.new", "empty", nil)
		for i, step := range steps {
			obj := "m"
			if i == 2 {
				obj = "empty"
			}
			r := peer.Do(step.op, obj, step.args)
			e, ok := errors.AsType[*Error](step.err)
			require.True(t, ok, step.op)
			assert.Equal(t, r.Error, string(e.Code), step.op)
			assert.Equal(t, r.Error, string(sharedMemoryErrors[r.Code]), step.op)
			if peertest.HasIPCKeys(t, qt) == HasNativeIpcKeys() { // from 6.6 on Qt has other words
				assert.Equal(t, r.ErrorString, e.Text, step.op)
			}
		}
		peer.Do("sem.new", "s", peertest.Args{"key": "", "initial": 1, "mode": "Open"})
		r := peer.Do("sem.acquire", "s", nil)
		assert.Equal(t, r.Error, string(semaphoreErrors[r.Code]))
	}
}

func TestNoExceptionComesThrough(t *testing.T) {
	for standard, what := range map[bool]string{true: "thrown on purpose", false: "not a std::exception"} {
		value, code, text := nativetest.Throw(standard)
		assert.Zero(t, value, "it counts as failed")
		err := newError("throw", sharedMemoryErrors, code, text)
		assert.Equal(t, Exception, err.Code)
		assert.ErrorContains(t, err, what)
	}
}

func TestUseAfterClose(t *testing.T) {
	m, err := NewSharedMemory()
	require.NoError(t, err)
	m.Close()
	m.Close()
	assert.ErrorIs(t, m.Create(5, ReadWrite), ErrClosed)
	assert.ErrorIs(t, m.Lock(), ErrClosed)
	assert.ErrorIs(t, m.Err(), ErrClosed)
	assert.Empty(t, m.NativeKey())
	assert.Nil(t, m.Data())
	assert.Nil(t, m.Pointer())
	assert.Zero(t, m.Size())

	s, err := NewSystemSemaphore("", 1, Open)
	require.NoError(t, err)
	s.Close()
	s.Close()
	assert.ErrorIs(t, s.Acquire(), ErrClosed)
}

func TestZeroValues(t *testing.T) {
	var m SharedMemory
	assert.ErrorIs(t, m.Lock(), ErrClosed)
	m.Close()
	var s SystemSemaphore
	assert.ErrorIs(t, s.Acquire(), ErrClosed)
	s.Close()
}

func TestCloseDuringCalls(t *testing.T) {
	for range 50 {
		m, err := NewSharedMemory()
		require.NoError(t, err)
		require.NoError(t, m.SetNativeKey("/nowhere"))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for !errors.Is(m.Err(), ErrClosed) {
					_ = m.IsAttached()
					_ = m.NativeKey()
				}
			})
		}
		wg.Go(m.Close)
		wg.Wait()
	}
}

// The collector may come at any time, also while the last use of a handle is
// still inside C++.
func TestCollectorDuringCalls(t *testing.T) {
	env := peertest.New(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	for range 300 {
		m, err := NewSharedMemory()
		require.NoError(t, err)
		require.NoError(t, m.SetKey(env.Name()))
	}
	close(stop)
	wg.Wait()
}

func TestAdopt(t *testing.T) {
	env := peertest.New(t)
	foreign := nativetest.NewSharedMemory()
	m, err := AdoptSharedMemory(foreign)
	require.NoError(t, err)
	assert.Equal(t, foreign, m.Pointer())
	name := env.Name()
	require.NoError(t, m.SetKey(name))
	require.NoError(t, m.Create(5, ReadWrite))

	second, err := AdoptSharedMemory(foreign)
	require.NoError(t, err)
	assert.Equal(t, name, second.Key(), "the same object")
	m.Close()
	assert.True(t, second.IsAttached(), "Close leaves the object to its owner")

	nativetest.Delete(foreign)
	assert.Equal(t, Gone, codeOfError(t, second.Lock()))
	assert.Nil(t, second.Pointer())
	second.Close()

	ours := newMemory(t)
	handedOut, err := AdoptSharedMemory(ours.Pointer())
	require.NoError(t, err)
	ours.Close()
	assert.Equal(t, Gone, codeOfError(t, handedOut.Detach()))
	handedOut.Close()
}

func TestAdoptRefusesWhatIsNoSharedMemory(t *testing.T) {
	_, err := AdoptSharedMemory(nil)
	assert.ErrorIs(t, err, ErrNotSharedMemory)
	object := nativetest.NewObject()
	defer nativetest.Delete(object)
	_, err = AdoptSharedMemory(object)
	assert.ErrorIs(t, err, ErrNotSharedMemory)
}

func TestStringsCrossUnchanged(t *testing.T) {
	m := newMemory(t)
	for _, key := range []string{"plain", "Noël", "共享内存", "nul\x00within", strings.Repeat("x", 1<<16), "🀄", "\uFEFFmarked", "\uFEFF"} {
		require.NoError(t, m.SetKey(key))
		assert.Equal(t, key, m.Key())
	}
}

// A key with a byte order mark is another key than one without.
func TestKeyWithAByteOrderMark(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		peer := peertest.New(t).Verbs(qt)
		peer.Do("shm.new", "m", peertest.Args{"key": json.RawMessage(`"\ufeffmarked"`)})
		m := newMemory(t)
		require.NoError(t, m.SetKey("\uFEFFmarked"))
		assert.Equal(t, peer.Do("shm.nativeKey", "m", nil).Ret, m.NativeKey())
	}
}

func TestCallsDoNotAllocate(t *testing.T) {
	env := peertest.New(t)
	m := newMemory(t)
	require.NoError(t, m.SetKey(env.Name()))
	require.NoError(t, m.Create(64, ReadWrite))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = m.Lock(), m.Unlock() }), "lock, unlock")
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = m.Data() }), "data")
}
