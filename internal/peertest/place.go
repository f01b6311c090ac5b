//go:build linux

package peertest

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// The changes that VerbsAs makes to a command. All but WithTMPDIR take root.

// WithTMPDIR gives a peer a directory for temporary files of its own.
func WithTMPDIR(dir string) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "TMPDIR="+dir) }
}

// AsUserNobody has a peer run as another user.
func AsUserNobody(t TB) func(*exec.Cmd) {
	needsRoot(t)
	return func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

// InNamespaces has a peer run in new namespaces: syscall.CLONE_NEWIPC, ….
func InNamespaces(t TB, flags uintptr) func(*exec.Cmd) {
	needsRoot(t)
	return func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags} }
}

// WithPrivate gives a peer an empty directory of its own under the name dir, as
// PrivateTmp= of systemd does.
func WithPrivate(t TB, dir string) func(*exec.Cmd) {
	return WithMounts(t, `mount -t tmpfs none "$0"`, dir)
}

// WithMounts has a program run in a mount namespace of its own, after a shell command
// there in which $0 is dir.
func WithMounts(t TB, command, dir string) func(*exec.Cmd) {
	needsRoot(t)
	return func(cmd *exec.Cmd) {
		unshare, err := exec.LookPath("unshare")
		must(t, err)
		cmd.Args = slices.Concat(OwnMounts(t), []string{"sh", "-c", command + ` && exec "$@"`, dir}, cmd.Args)
		cmd.Path = unshare
	}
}

// OwnMounts is the command that runs another one in a mount namespace of its own, whose
// mounts are not seen outside. In a chroot it cannot say so for the root, and need not if
// no mount there is shared.
func OwnMounts(t TB) []string {
	t.Helper()
	if exec.Command("unshare", "-m", "true").Run() == nil {
		return []string{"unshare", "-m"}
	}
	requireUnshared(t)
	return []string{"unshare", "-m", "--propagation", "unchanged"}
}

// EnterOwnMounts is the same for the thread that calls it.
func EnterOwnMounts(t TB) {
	t.Helper()
	must(t, unix.Unshare(unix.CLONE_NEWNS))
	if unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, "") != nil {
		requireUnshared(t)
	}
}

func requireUnshared(t TB) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	if bytes.Contains(mounts, []byte(" shared:")) {
		Skip(t, "a mount in a namespace of its own would be seen outside of this chroot")
	}
}

func needsRoot(t TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "only root can start a peer as another user or in a namespace of its own")
	}
}
