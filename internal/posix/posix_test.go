//go:build cgo && linux

package posix

import (
	"crypto/rand"
	"encoding/binary"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
)

// placeOf is a place with a segment of 8 bytes and a semaphore, as glibc has it.
func placeOf(t *testing.T, value uint32) ipc.Place {
	t.Helper()
	name := "qtb" + rand.Text()
	p := ipc.Place{Segment: directory + name, Lock: traits.LockPrefix + name}
	semaphore := make([]byte, semaphoreSize())
	binary.NativeEndian.PutUint32(semaphore, value)
	for path, content := range map[string][]byte{p.Segment: []byte("content."), p.Lock: semaphore} {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		t.Cleanup(func() { _ = os.Remove(path) })
	}
	return p
}

func TestNobodyElseHasAFileOpen(t *testing.T) {
	p := placeOf(t, 1)
	attached := func() int {
		n, err := System{}.Attached(p)
		require.NoError(t, err)
		return n
	}
	assert.Equal(t, 0, attached())
	for _, flag := range []int{os.O_RDONLY, os.O_RDWR} {
		file, err := os.OpenFile(p.Segment, flag, 0)
		require.NoError(t, err)
		assert.Equal(t, 1, attached())
		memory, err := unix.Mmap(int(file.Fd()), 0, 8, unix.PROT_READ, unix.MAP_SHARED)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		assert.Equal(t, 1, attached(), "mapped")
		require.NoError(t, unix.Munmap(memory))
		assert.Equal(t, 0, attached())
	}
}

// To open a file while we ask waits, and the kernel's signal about that does nothing.
func TestOpenDuringALease(t *testing.T) {
	p := placeOf(t, 1)
	fd, err := open(p.Segment)
	require.NoError(t, err)
	defer unix.Close(fd)
	end, alone, err := lease(fd)
	require.NoError(t, err)
	require.True(t, alone)
	opened := make(chan error, 1)
	go func() {
		file, err := os.Open(p.Segment)
		if err == nil {
			err = file.Close()
		}
		opened <- err
	}()
	select {
	case <-opened:
		t.Fatal("it did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	end()
	require.NoError(t, <-opened)
}

func TestRemoveOnlyWhatNobodyHasAndIsTheSame(t *testing.T) {
	p := placeOf(t, 1)
	segment, err := System{}.Segment(p)
	require.NoError(t, err)
	file, err := os.Open(p.Segment)
	require.NoError(t, err)
	for _, id := range []int{segment.ID, segment.ID + 1} {
		err = System{}.Remove(p.Segment, id)
		require.Equal(t, ipc.Busy, err.(*ipc.Error).Code)
		content, err := os.ReadFile(p.Segment)
		require.NoError(t, err)
		require.Equal(t, "content.", string(content))
		_ = file.Close()
	}
	require.NoError(t, System{}.Remove(p.Segment, segment.ID))
	assert.NoFileExists(t, p.Segment)
}

func TestLocksOfThisProgramAreNoOthers(t *testing.T) {
	p := placeOf(t, 1)
	a, err := System{}.Lock(p)
	require.NoError(t, err)
	b, err := System{}.Lock(p)
	require.NoError(t, err)
	assert.Same(t, a.(*lock).file, b.(*lock).file)
	require.NoError(t, a.Take(1, 0))
	assert.Equal(t, ipc.ErrTaken, b.Take(1, 0))
	start := time.Now()
	assert.Equal(t, ipc.ErrTaken, b.Take(1, 30*time.Millisecond))
	assert.GreaterOrEqual(t, time.Since(start), 30*time.Millisecond)
	assert.True(t, System{}.HoldsLock(p))
	assert.False(t, System{}.IsJammed(p), "held by this program")
	a.Close()
	require.NoError(t, a.Give(), "after Close")
	assert.Equal(t, ipc.ErrLost, b.Give(), "given twice")
	b.Close()

	p = placeOf(t, 0)
	a, err = System{}.Lock(p)
	require.NoError(t, err)
	defer a.Close()
	assert.True(t, System{}.IsJammed(p), "beside a lock of this program that does not hold it")
	file, err := os.Open(p.Lock)
	require.NoError(t, err)
	assert.False(t, System{}.IsJammed(p), "somebody has it open")
	require.NoError(t, file.Close())
}

func TestLockThatLostItsName(t *testing.T) {
	p := placeOf(t, 1)
	l, err := System{}.Lock(p)
	require.NoError(t, err)
	defer l.Close()
	require.NoError(t, os.Remove(p.Lock))
	assert.Equal(t, ipc.ErrGone, l.Take(1, 0))
	assert.Equal(t, 1, valueOf(l.(*lock).file.memory), "who has it open can go on")
	assert.Equal(t, ipc.ErrGone, l.Take(1, time.Millisecond))
}

func TestForgottenLockIsFreed(t *testing.T) {
	p := placeOf(t, 1)
	func() {
		l, err := System{}.Lock(p)
		require.NoError(t, err)
		require.NoError(t, l.Take(1, 0))
		require.NoError(t, l.Give())
	}()
	assert.Eventually(t, func() bool {
		runtime.GC()
		files.Lock()
		defer files.Unlock()
		return len(files.of) == 0
	}, 10*time.Second, 10*time.Millisecond)
}

func TestNames(t *testing.T) {
	for name, works := range map[string]bool{
		directory + "a": true, directory + strings.Repeat("a", 251): true, directory + strings.Repeat("a", 252): false,
		directory: false, directory + ".": false, directory + "..": false, directory + "a/b": false, "/dev/shma": false,
	} {
		assert.Equal(t, works, System{}.CheckName(name) == nil, name)
	}
}
