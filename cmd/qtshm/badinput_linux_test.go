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
