//go:build linux

package peertest

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// The changes that VerbsAs makes to a command. All but WithTMPDIR take root.

// WithTMPDIR gives a peer a directory for temporary files of its own.
func WithTMPDIR(dir string) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "TMPDIR="+dir) }
}

// AsUserNobody has a peer run as another user.
func AsUserNobody(t testing.TB) func(*exec.Cmd) {
	needsRoot(t)
	return func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

// InNamespaces has a peer run in new namespaces: syscall.CLONE_NEWIPC, ….
func InNamespaces(t testing.TB, flags uintptr) func(*exec.Cmd) {
	needsRoot(t)
	return func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags} }
}

// WithPrivate gives a peer an empty directory of its own under the name dir, as
// PrivateTmp= of systemd does.
func WithPrivate(t testing.TB, dir string) func(*exec.Cmd) {
	needsRoot(t)
	return func(cmd *exec.Cmd) {
		unshare, err := exec.LookPath("unshare")
		must(t, err)
		cmd.Args = append([]string{unshare, "-m", "sh", "-c", `mount -t tmpfs none "$0" && exec "$@"`, dir}, cmd.Args...)
		cmd.Path = unshare
	}
}

func needsRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "only root can start a peer as another user or in a namespace of its own")
	}
}
