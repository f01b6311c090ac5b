//go:build cgo

package qtbridge

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/peertest"
)

// withLimit runs f in an IPC namespace with a limit of its own.
func withLimit(t *testing.T, name, value string, f func()) {
	t.Helper()
	peertest.InOwnIPC(t, func() {
		require.NoError(t, os.WriteFile("/proc/sys/kernel/"+name, []byte(value), 0))
		f()
	})
}

// A message for which there is no room is refused before the last good one is let go.
func TestPublishBeyondALimit(t *testing.T) {
	for _, limit := range []struct {
		name, value string
		code        Code
	}{{"shmmax", "4096", ErrSize}, {"shmall", "2", ErrResources}} {
		t.Run(limit.name, func(t *testing.T) {
			eachKeyKind(t, func(env *peertest.Env, key Key) {
				withLimit(t, limit.name, limit.value, func() {
					p, err := NewPublisher(key, PublisherOptions{})
					require.NoError(t, err)
					defer func() { require.NoError(t, p.Close()) }()
					require.NoError(t, p.Publish(t.Context(), []byte("small")))
					err = p.Publish(t.Context(), make([]byte, 3*4096))
					assert.Contains(t, requireError(t, err, "publish", key, limit.code).Msg, "kernel."+limit.name)
					assert.Equal(t, "small", string(env.Raw(first(keyFiles(t, key)))))
					require.NoError(t, p.Publish(t.Context(), []byte("small again")))
				})
			})
		})
	}
}

func eachKeyKind(t *testing.T, test func(env *peertest.Env, key Key)) {
	env := peertest.New(t)
	test(env, QtKey(env.Name()))
	test(env, NativeKey(env.Work+"/key"))
}

// A create that cannot end well names the limit, and leaves nothing.
func TestCreateBeyondALimit(t *testing.T) {
	for name, code := range map[string]Code{"shmmni": ErrResources, "shmall": ErrResources, "shmmax": ErrSize} {
		t.Run(name, func(t *testing.T) {
			eachKeyKind(t, func(env *peertest.Env, key Key) {
				withLimit(t, name, "0", func() {
					_, err := Create(soon(t), key, 8, ReadWrite)
					e := requireError(t, err, "create", key, code)
					assert.Contains(t, e.Msg, "kernel."+name)
				})
				assert.Empty(t, env.Files(env.Tmp))
				assert.Empty(t, env.Files(env.Work))
			})
		})
	}
}

// A directory in which no key file can be made is not an unusable key.
func TestNoKeyFileCanBeMade(t *testing.T) {
	env := peertest.New(t)
	require.NoError(t, os.WriteFile(env.Other+"/first", nil, 0o600))
	if err := unix.Mount("none", env.Other, "tmpfs", 0, "nr_inodes=1"); err != nil {
		peertest.Skip(t, "only root can mount a file system")
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(env.Other, unix.MNT_DETACH)) })
	t.Setenv("TMPDIR", env.Other)
	keys := []Key{QtKey(env.Name()), NativeKey(env.Other + "/key")}
	check := func(code Code, errno syscall.Errno) {
		for _, key := range keys {
			_, err := Create(soon(t), key, 8, ReadWrite)
			requireError(t, err, "create", key, code)
			assert.ErrorIs(t, err, errno)
			assert.Contains(t, err.Error(), errno.Error())
			p, err := NewPublisher(key, PublisherOptions{})
			require.NoError(t, err)
			assert.ErrorIs(t, p.Publish(t.Context(), []byte("x")), errno)
			require.NoError(t, p.Close())
		}
		_, err := OpenSemaphore(keys[0], 1)
		assert.ErrorIs(t, err, errno)
	}
	check(ErrResources, syscall.ENOSPC)
	require.NoError(t, unix.Mount("", env.Other, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	check(ErrPermission, syscall.EROFS)
}

// refuse has the kernel refuse some calls to this process from now on, as a security
// profile does.
func refuse(t *testing.T, errno syscall.Errno, calls ...uint32) {
	t.Helper()
	const load, jumpEqual, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{{Code: load}}
	for _, call := range calls {
		filter = append(filter, unix.SockFilter{Code: jumpEqual, K: call, Jf: 1},
			unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(errno)})
	}
	filter = append(filter, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	require.NoError(t, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	_, _, failed := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	require.Zero(t, failed)
}

var systemVCalls = map[string]uint32{
	"shmget": unix.SYS_SHMGET, "shmat": unix.SYS_SHMAT, "shmctl": unix.SYS_SHMCTL,
	"semget": unix.SYS_SEMGET, "semctl": unix.SYS_SEMCTL, "semtimedop": unix.SYS_SEMTIMEDOP,
}

// Each call that a system can refuse, in another process.
func TestRefusedSystemV(t *testing.T) {
	if refused := os.Getenv("QTB_REFUSED"); refused != "" {
		refusedSystemV(t, refused, QtKey(os.Getenv("QTB_KEY")))
		return
	}
	env := peertest.New(t)
	key := QtKey(env.Name())
	create(env.Verbs(peertest.QtVersions[0]), key, 8, []byte("theirs"))
	before := traces(t, env)
	for call := range systemVCalls {
		for _, errno := range []string{"ENOSYS", "EACCES", "EPERM"} {
			child := env.StartSelf("TestRefusedSystemV", "QTB_REFUSED="+errno+" "+call, "QTB_KEY="+key.Name())
			require.NoError(t, child.End(), "%s: %s", call, errno)
		}
	}
	assert.Equal(t, before, traces(t, env), "something was left or changed")
}

func refusedSystemV(t *testing.T, refused string, key Key) {
	name, call, _ := strings.Cut(refused, " ")
	errno := map[string]syscall.Errno{"ENOSYS": unix.ENOSYS, "EACCES": unix.EACCES, "EPERM": unix.EPERM}[name]
	code := ErrPermission
	if errno == unix.ENOSYS {
		code = ErrUnsupported
	}
	calls := []uint32{systemVCalls[call]}
	if call == "semtimedop" {
		calls = append(calls, unix.SYS_SEMOP)
	}
	refuse(t, errno, calls...)
	free := QtKey(key.Name() + "free")
	_, err := Create(soon(t), free, 8, ReadWrite)
	e := requireError(t, err, "create", free, code)
	assert.ErrorIs(t, err, errno)
	assert.Contains(t, e.Msg, "System V IPC")
	_, err = List()
	assert.ErrorIs(t, err, code)
	if state, err := Inspect(key); call == "shmget" || call == "shmctl" {
		e := requireError(t, err, "inspect", key, code)
		assert.NotContains(t, e.Msg, "belongs to")
		assert.Equal(t, Unclear, state.Verdict)
		assert.False(t, state.Segment.Exists, "an invented segment: %+v", state.Segment)
	}
}
