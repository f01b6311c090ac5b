//go:build cgo && (linux || windows)

package qtbridge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// unchanged requires that f leaves no trace in the directories of key files.
func unchanged(t *testing.T, env *peertest.Env, f func()) {
	t.Helper()
	before := [][]string{env.Files(env.Tmp), env.Files(env.Work)}
	f()
	require.Equal(t, before, [][]string{env.Files(env.Tmp), env.Files(env.Work)})
}

// unusableKey is one that Create refuses with ErrKey.
type unusableKey struct {
	name   string
	key    Key
	attach Code // what it is to Attach
}

func TestUnusableKeys(t *testing.T) {
	env := peertest.New(t)
	for _, row := range append(impossibleKeys(env), []unusableKey{
		{"empty", QtKey(""), ErrKey},
		{"empty native", NativeKey(""), ErrKey},
		{"zero", Key{}, ErrKey},
		{"NUL", QtKey("a\x00b"), ErrKey},
		{"NUL native", NativeKey("a\x00b"), ErrKey},
		{"not UTF-8", QtKey("\xb9\xb2"), ErrKey},
		{"not UTF-8 native", NativeKey("\xb9\xb2"), ErrKey},
	}...) {
		t.Run(row.name, func(t *testing.T) {
			unchanged(t, env, func() {
				_, err := Create(soon(t), row.key, 5, ReadWrite)
				requireError(t, err, "create", row.key, ErrKey)
				_, err = Attach(soon(t), row.key, ReadOnly)
				requireError(t, err, "attach", row.key, row.attach)
			})
		})
	}
}

func TestLongestAndOddKeysWork(t *testing.T) {
	peertest.New(t)
	for _, name := range []string{strings.Repeat("a", 197), strings.Repeat("9", 5000), "共享内存", "Noël", "/", "a/b c", "🀄\n"} {
		s := mustCreate(t, QtKey(name), 5)
		require.NoError(t, s.Close())
	}
}

func TestUnusableSizes(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
		unchanged(t, env, func() {
			for _, size := range []int{0, -1, math.MinInt} {
				_, err := Create(soon(t), key, size, ReadWrite)
				requireError(t, err, "create", key, ErrSize)
			}
			for _, size := range []int{1 << 50, math.MaxInt} {
				_, err := Create(soon(t), key, size, ReadWrite)
				code := ErrResources
				if int64(size) > min(systemOf(key).Traits().MaxSize, native.MaxSize()) {
					code = ErrSize
				}
				requireError(t, err, "create", key, code)
			}
			_, err := Create(soon(t), key, 5, 7)
			requireError(t, err, "create", key, ErrMode)
			_, err = Attach(soon(t), key, -1)
			requireError(t, err, "attach", key, ErrMode)
		})
	}
}

func TestAttachToNothing(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
		unchanged(t, env, func() {
			_, err := Attach(soon(t), key, ReadOnly)
			e := requireError(t, err, "attach", key, ErrNotFound)
			assert.ErrorIs(t, err, fs.ErrNotExist)
			path, _ := keyFiles(t, key)
			assert.Contains(t, e.Msg, path, "the error says where it looked")
		})
	}
}

func TestCreateOverSomething(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		key := QtKey(env.Name())
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		peer.Must("shm.create", "m", peertest.Args{"size": 5})
		peer.Must("shm.lock", "m", nil)
		segment, lock := keyFiles(t, key)
		before, held := *observer.Look(segment), *observer.LookSemaphore(lock)

		_, err := Create(soon(t), key, 99, ReadWrite)
		e := requireError(t, err, "create", key, ErrExists)
		assert.ErrorIs(t, err, fs.ErrExist)
		assert.Contains(t, e.Msg, fmt.Sprintf("%d bytes", pagedSize(5)))
		assert.Equal(t, before, *observer.Look(segment))
		assert.Equal(t, held, *observer.LookSemaphore(lock), "the peer's lock is still held")
		peer.Must("shm.unlock", "m", nil)
	})
}

func TestOffsets(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	size := int64(pagedSize(10))
	s := mustCreate(t, key, int(size))
	end := size - 10
	n, err := s.WriteAt([]byte("0123456789"), end)
	require.NoError(t, err)
	assert.Equal(t, 10, n)

	buf := make([]byte, 4)
	for _, off := range []int64{-1, size + 1, math.MinInt64, math.MaxInt64} {
		n, err := s.ReadAt(buf, off)
		requireError(t, err, "read", key, ErrRange)
		assert.Zero(t, n)
		n, err = s.WriteAt(buf, off)
		requireError(t, err, "write", key, ErrRange)
		assert.Zero(t, n)
	}
	n, err = s.ReadAt(buf, end+8)
	requireError(t, err, "read", key, ErrRange)
	assert.ErrorIs(t, err, io.EOF)
	assert.Equal(t, "89", string(buf[:n]))
	n, err = s.WriteAt([]byte("xyz"), end+8)
	requireError(t, err, "write", key, ErrRange)
	assert.Zero(t, n)
	n, err = s.WriteAt(nil, size)
	assert.NoError(t, err)
	assert.Zero(t, n)

	all, err := io.ReadAll(io.NewSectionReader(s, end, 10))
	require.NoError(t, err)
	assert.Equal(t, "0123456789", string(all), "nothing was written in part")
	_, err = io.Copy(io.NewOffsetWriter(s, end+2), bytes.NewReader([]byte("ab")))
	require.NoError(t, err)
	assert.Equal(t, "01ab456789", string(env.Raw(first(keyFiles(t, key)))[end:]))
}

func TestWritingWhereAttachedReadOnly(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	mustCreate(t, key, 5)
	s := mustAttach(t, key, ReadOnly)
	assert.Equal(t, ReadOnly, s.Mode())
	_, err := s.WriteAt([]byte("x"), 0)
	requireError(t, err, "write", key, ErrReadOnly)
	err = s.View(func(data []byte) error { data[2] = 'x'; return nil })
	requireError(t, err, "view", key, ErrReadOnly)
	assert.False(t, debug.SetPanicOnFault(false), "as it was before")
	assert.Equal(t, make([]byte, s.Size()), env.Raw(first(keyFiles(t, key))))

	assert.PanicsWithValue(t, "mine", func() {
		_ = s.View(func([]byte) error { panic("mine") })
	})
	assert.Panics(t, func() {
		_ = s.View(func([]byte) error { var none []int; _ = none[len(none)]; return nil })
	})
	want := errors.New("mine")
	assert.Equal(t, want, s.View(func(data []byte) error {
		assert.Len(t, data, pagedSize(5))
		assert.Equal(t, pagedSize(5), cap(data))
		return want
	}))
}

func TestUseAfterClose(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
		s := mustCreate(t, key, 5)
		require.NoError(t, s.Close())
		requireError(t, s.Close(), "close", key, ErrClosed)
		_, err := s.ReadAt(make([]byte, 1), 0)
		requireError(t, err, "read", key, ErrClosed)
		_, err = s.WriteAt([]byte("x"), 0)
		requireError(t, err, "write", key, ErrClosed)
		_, err = s.Snapshot(soon(t), nil)
		requireError(t, err, "snapshot", key, ErrClosed)
		requireError(t, s.View(func([]byte) error { return nil }), "view", key, ErrClosed)
		requireError(t, s.Lock(soon(t)), "lock", key, ErrClosed)
		requireError(t, s.TryLock(), "trylock", key, ErrClosed)
		requireError(t, s.Unlock(), "unlock", key, ErrClosed)
		requireError(t, s.WithLock(soon(t), func() error { return nil }), "lock", key, ErrClosed)
		assert.Equal(t, key, s.Key())
		assert.Equal(t, pagedSize(5), s.Size())
		assert.Empty(t, env.Files(env.Tmp), "the key files went with it")
		assert.Empty(t, env.Files(env.Work))
	}
}

func TestUnlockWithoutLock(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	s := mustCreate(t, key, 5)
	requireError(t, s.Unlock(), "unlock", key, ErrNotLocked)
	require.NoError(t, s.Lock(soon(t)))
	require.NoError(t, s.Unlock())
	requireError(t, s.Unlock(), "unlock", key, ErrNotLocked)
	assert.Equal(t, 1, observer.LookSemaphore(second(keyFiles(t, key))).Value)
}
