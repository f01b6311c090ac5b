//go:build linux

package sysv

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A file that came after the object, or that no Qt program takes as key file, only has got
// the inode of one.
func TestHasKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	found, ok := fileKey(path)
	require.True(t, ok)
	assert.True(t, hasKeyFile(dir, found, time.Now()))
	assert.True(t, hasKeyFile(dir, found, time.Now().Add(time.Hour)))
	assert.False(t, hasKeyFile(dir, found, time.Now().Add(-time.Minute)))
	assert.False(t, hasKeyFile(dir, found+1, time.Now()))
	require.NoError(t, os.Remove(path))
	assert.False(t, hasKeyFile(dir, found, time.Now()))

	require.NoError(t, unix.Mkfifo(path, 0o600))
	found, ok = fileKey(path)
	require.True(t, ok)
	assert.False(t, hasKeyFile(dir, found, time.Now()))
}
