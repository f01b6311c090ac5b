package procfs

import (
	"os"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// attach makes a segment without a key that this process alone is attached to,
// and that goes with it.
func attach(t *testing.T) (id int, detach func()) {
	t.Helper()
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 1, 0o600)
	require.NoError(t, err)
	data, err := unix.SysvShmAttach(id, 0, 0)
	_, errRemove := unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	require.NoError(t, err)
	require.NoError(t, errRemove)
	return id, func() { require.NoError(t, unix.SysvShmDetach(data)) }
}

func TestMappings(t *testing.T) {
	id, detach := attach(t)
	pid := os.Getpid()
	var before Mappings
	assert.True(t, before.Has(pid, id))
	assert.False(t, before.Has(pid, id+1))
	assert.False(t, before.Has(0, id))
	assert.False(t, before.Has(begin(t, t.TempDir(), nil), id))
	assert.Equal(t, []int{pid}, before.Users(id))
	detach()
	assert.True(t, before.Has(pid, id), "it remembers")
	assert.Equal(t, []int{pid}, before.Users(id))
	var after Mappings
	assert.False(t, after.Has(pid, id))
	assert.Empty(t, after.Users(id))
}

func TestPosixUsers(t *testing.T) {
	f, err := os.CreateTemp("/dev/shm", "qtb")
	require.NoError(t, err)
	defer f.Close()
	defer os.Remove(f.Name())
	require.NoError(t, f.Truncate(1))
	info, err := f.Stat()
	require.NoError(t, err)
	inode := info.Sys().(*syscall.Stat_t).Ino

	var before Mappings
	assert.Empty(t, before.PosixUsers(inode), "open is not mapped")
	data, err := unix.Mmap(int(f.Fd()), 0, 1, unix.PROT_READ, unix.MAP_SHARED)
	require.NoError(t, err)
	defer unix.Munmap(data)
	var after Mappings
	assert.Equal(t, []int{os.Getpid()}, after.PosixUsers(inode))
}

func TestMappedAt(t *testing.T) {
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 1<<16, 0o600)
	require.NoError(t, err)
	data, err := unix.SysvShmAttach(id, 0, 0)
	_, errRemove := unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	require.NoError(t, errRemove)
	require.NoError(t, err)
	for _, at := range []int{0, 1, len(data) - 1} {
		found, ok := MappedAt(uintptr(unsafe.Pointer(&data[at])))
		assert.True(t, ok)
		assert.Equal(t, id, found)
	}
	address := uintptr(unsafe.Pointer(&data[0]))
	require.NoError(t, unix.SysvShmDetach(data))
	found, ok := MappedAt(address)
	assert.False(t, ok && found == id, "it is gone")
	_, ok = MappedAt(0)
	assert.False(t, ok)
}
