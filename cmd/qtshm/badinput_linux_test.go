//go:build cgo

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// Another user may neither read nor write nor remove.
func TestOtherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		peertest.Skip(t, "it takes root to be another user")
	}
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("abcd"))
	secret := filepath.Join(e.Work, "secret")
	require.NoError(t, os.WriteFile(secret, nil, 0o600))
	require.NoError(t, os.Chmod(filepath.Dir(binary), 0o755))
	for _, args := range [][]string{{"get", key}, {"put", key, "x"}, {"create", key, "--size", "4", "--for", "0s"}, {"publish", e.Name(), "--file", secret}} {
		cmd := exec.Command(binary, args...)
		cmd.Dir = e.Work
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		_ = cmd.Run()
		assert.Equal(t, exitPermission, cmd.ProcessState.ExitCode(), "%v: %s", args, &errOut)
		assert.Regexp(t, `^qtshm: [^\n]{20,}\n$`, errOut.String())
	}
	segment, _ := files(t, key)
	assert.Equal(t, "abcd", string(e.Raw(segment)))
}

// A key cannot make a terminal do something, whatever is said of it.
func TestKeyWithControlCharacters(t *testing.T) {
	e := peertest.New(t)
	name := "a\x1b[2Jb\r" + e.Name()
	segmentOf(e, 6, name, []byte("x"))
	for _, key := range []string{name, name + "?", "native:" + e.Work + "/" + name, "systemv:/x\x1b%"} {
		for _, args := range [][]string{{"get", key, "--as", "text"}, {"info", key}, {"put", key, "y"}, {"rm", key}, {"lock", key, "-n", "--", "true"},
			{"sem", key, "value"}, {"watch", key, "--count", "1", "--timeout", "50ms"}, {"doctor", key}, {"ls"}, {"__complete", "get", ""}} {
			r := do(t, args...)
			assert.NotRegexp(t, "[\\x00-\\x08\\x0b-\\x1f\\x7f]", r.out+r.err, "%q", args)
		}
	}
}

// Without /proc all that reads and writes works; what needs it says so.
func TestNoProc(t *testing.T) {
	if os.Geteuid() != 0 {
		peertest.Skip(t, "it takes root to mount")
	}
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("hello"))
	hidden := func(args ...string) result {
		script := `mount -t tmpfs none /proc && exec "$@"`
		cmd := exec.Command("../../scripts/own-mounts", append([]string{"sh", "-c", script, "sh", binary}, args...)...)
		var out, errOut bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errOut
		_ = cmd.Run()
		return result{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
	}
	assert.Equal(t, result{exitOK, "hello\n", ""}, hidden("get", key, "--as", "text"))
	assert.Equal(t, result{}, hidden("put", key, "HELLO"))
	assert.Equal(t, result{exitOK, "hi\n", ""}, hidden("lock", key, "--", "echo", "hi"))
	assert.Equal(t, "live", object(t, hidden("info", key, "--json").out)["verdict"])
	assert.Contains(t, hidden("watch", key, "--count", "1").out, "HELLO")
	assert.Equal(t, exitInUse, hidden("rm", key).status)
	r := hidden("ls")
	assert.NotZero(t, r.status)
	assert.Contains(t, r.err, "/proc")
	segment, _ := files(t, key)
	assert.Equal(t, "HELLO", string(e.Raw(segment)))
}

// A root who may not look at the peer is not told to be root.
func TestDoctorHiddenPeerAsRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		peertest.Skip(t, "only root can be a root with less rights")
	}
	e := peertest.New(t)
	key := e.Name()
	peer := segmentOf(e, 6, key, []byte("hello"))
	out, err := exec.Command("setpriv", "--bounding-set=-sys_ptrace", binary, "doctor", key, "--json", peerFlag(peer)).Output()
	require.NoError(t, err)
	f := object(t, string(out))
	assert.Equal(t, "peer-hidden", f["id"])
	assert.Contains(t, f["text"], "not even as root")
	assert.NotContains(t, f, "command")
}
