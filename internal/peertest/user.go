//go:build linux

package peertest

import (
	"os"
	"runtime"
	"syscall"
)

// nobody is the uid and gid of a user who owns nothing.
const nobody = 65534

// AsNobody runs f as another user, on an OS thread of its own that ends
// afterwards. It takes root to do so.
func AsNobody(t TB, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "only root can act as another user")
	}
	onOwnThread(t, func() error {
		// -1 leaves the real and the saved id: only this thread's effective ids
		// change, by the raw system calls.
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESGID, ^uintptr(0), nobody, ^uintptr(0)); errno != 0 {
			return errno
		}
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), nobody, ^uintptr(0)); errno != 0 {
			return errno
		}
		f()
		return nil
	})
}

// InOwnIPC runs f in an IPC namespace of its own, on an OS thread that ends
// afterwards. It takes root to do so.
func InOwnIPC(t TB, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "only root can make an IPC namespace")
	}
	onOwnThread(t, func() error {
		if err := syscall.Unshare(syscall.CLONE_NEWIPC); err != nil {
			return err
		}
		f()
		return nil
	})
}

func onOwnThread(t TB, f func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		var err error = syscall.EINTR
		defer func() { done <- err }() // also when f ends the goroutine
		err = f()
	}()
	must(t, <-done)
}
