//go:build cgo && linux

package peertest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	engine "qtinterop/internal/peertest"
	"qtinterop/qtbridge/peertest"
)

// conformsTo is set in the environment of a test that plays with the peer it names.
const conformsTo = "QTINTEROP_CONFORMS_TO"

func TestConforms(t *testing.T) {
	if peer := os.Getenv(conformsTo); peer != "" {
		peertest.Conform(t, peer)
	}
}

// conform runs [TestConforms] in a process of its own, as a user's test.
func conform(t *testing.T, peer string) (out string, passed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestConforms$", "-test.v", "-test.short")
	cmd.Env = append(os.Environ(), conformsTo+"="+peer)
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}

func TestConform(t *testing.T) {
	eachPeer(t, func(t *testing.T, peer string) {
		out, passed := conform(t, peer)
		assert.True(t, passed, out)
		for _, kind := range []string{"setKey", "native_relative", "native_absolute", "POSIX"} {
			assert.Contains(t, out, "TestConforms/"+kind+"/size", out)
		}
		assert.Contains(t, out, "--- PASS: TestConforms/setKey/key_derivation")
		assert.Contains(t, out, "--- PASS: TestConforms/setKey/Go_is_killed_with_the_lock")
		assert.Contains(t, out, "--- SKIP: TestConforms/POSIX/Watch,_the_peer_creates_anew", "no Qt can")
		assert.Contains(t, out, "not applicable: ")
		assert.NotContains(t, out, "--- FAIL")
	})
}

// A peer that is not there, or does not speak the protocol, fails, and nothing hangs.
func TestConformBadPeers(t *testing.T) {
	engine.Path(t, 6)
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage")
	require.NoError(t, os.WriteFile(garbage, []byte("#!/bin/sh\necho garbage; cat >/dev/null\n"), 0o777))
	for peer, says := range map[string]string{filepath.Join(dir, "nothing"): "no such file", garbage: "invalid character"} {
		out, passed := conform(t, peer)
		assert.False(t, passed)
		assert.Contains(t, out, "--- FAIL: TestConforms/setKey/the_peer_answers")
		assert.Contains(t, out, says)
		assert.NotContains(t, out, "--- PASS: TestConforms/")
	}
}
