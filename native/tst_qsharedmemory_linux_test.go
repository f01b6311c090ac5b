//go:build cgo

package native

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// stderrOf returns what this process writes to its standard error during f.
// Qt's warnings go there.
func stderrOf(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stderr")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	saved, err := unix.Dup(2)
	require.NoError(t, err)
	defer func() { _ = unix.Close(saved) }()
	require.NoError(t, unix.Dup3(int(file.Fd()), 2, 0))
	defer func() { require.NoError(t, unix.Dup3(saved, 2, 0)) }()
	f()
	written, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(written)
}

// Qt's test starts a helper, which must crash when it writes to what it created
// ReadOnly. It runs here as testpeer, and as a goroutine that survives the fault.
func tstReadOnly(t *testing.T) {
	t.Run("in-one-process", func(t *testing.T) {
		m := memoryOf(t, peertest.New(t).Name())
		require.NoError(t, m.Create(1024, ReadOnly))
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() {
			fault, ok := recover().(interface{ Addr() uintptr })
			require.True(t, ok, "the write went through")
			assert.NotZero(t, fault.Addr())
			assert.Equal(t, make([]byte, 1024), m.ConstData())
		}()
		m.Data()[0] = 'a'
	})
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d/creates", qt), func(t *testing.T) {
			env := peertest.New(t)
			peer := env.Verbs(qt)
			key := env.Name()
			peer.Do("shm.new", "m", peertest.Args{"key": key})
			peer.Must("shm.create", "m", peertest.Args{"size": 1024, "mode": "ReadOnly"})
			requireCrash(t, peer)
			env.LeavesBehind() // who crashes removes nothing
			file := memoryOf(t, key).NativeKey()
			assert.Zero(t, observer.Look(file).Attached)
			assert.Equal(t, make([]byte, 1024), env.Raw(file))
		})
		t.Run(fmt.Sprintf("peer-qt%d/attaches", qt), func(t *testing.T) {
			env := peertest.New(t)
			m := existingMemory(t, env.Name())
			peer := env.Verbs(qt)
			peer.Do("shm.new", "m", peertest.Args{"key": m.Key()})
			peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
			requireCrash(t, peer)
			assert.Equal(t, make([]byte, 1024), m.ConstData())
			assert.Equal(t, 1, observer.Look(m.NativeKey()).Attached)
			require.NoError(t, m.Lock(), "the kernel gave its lock back")
			require.NoError(t, m.Unlock())
		})
	}
}

// requireCrash has a peer write, under the lock, to what it mapped ReadOnly.
func requireCrash(t *testing.T, peer *peertest.Peer) {
	t.Helper()
	peer.Must("shm.lock", "m", nil)
	_, err := peer.Try("shm.writeRaw", "m", peertest.Args{"data": []byte("a")})
	require.Error(t, err, "the write went through")
	exit, ok := errors.AsType[*exec.ExitError](peer.End())
	require.True(t, ok, "it ended as if nothing had happened")
	require.Equal(t, syscall.SIGSEGV, exit.Sys().(syscall.WaitStatus).Signal())
}

// Qt's test asks for 32 MiB again and again until the machine has no more. A
// namespace with limits of its own has no more after four.
func tstUseTooMuchMemory(t *testing.T) {
	const size = 32 << 20
	for limit, value := range map[string]int{"shmmni": 4, "shmall": 4 * size / os.Getpagesize()} {
		t.Run(limit, func(t *testing.T) {
			env := peertest.New(t)
			peertest.InOwnIPC(t, func() {
				path := "/proc/sys/kernel/" + limit
				require.NoError(t, os.WriteFile(path, []byte(strconv.Itoa(value)), 0))
				useTooMuchMemory(t, env, size)
				// Not when the test ends, on another thread: the numbers of
				// these objects mean others there.
				require.Empty(t, env.Files(env.Tmp), "all objects are closed")
			})
		})
	}
}

func useTooMuchMemory(t *testing.T, env *peertest.Env, size int64) {
	t.Helper()
	for i := range 100 {
		m := memoryOf(t, env.Name())
		defer m.Close()
		err := m.Create(size, ReadWrite)
		if err == nil {
			continue
		}
		assert.Equal(t, 4, i, "how many fit")
		assert.Contains(t, []Code{OutOfResources, LockError}, codeOfError(t, err))
		assert.Error(t, m.Attach(ReadWrite))
		assert.Error(t, m.Detach())
		requireUnattached(t, m)
		assert.Nil(t, observer.Look(m.NativeKey()))
		return
	}
	t.Fatal("the limit did not hold")
}

// requireAlreadyLocked requires a second lock() to be true, with a warning.
func requireAlreadyLocked(t *testing.T, m *SharedMemory) {
	t.Helper()
	var err error
	warning := stderrOf(t, func() { err = m.Lock() })
	require.NoError(t, err)
	assert.Contains(t, warning, "QSharedMemory::lock: already locked")
}
