//go:build cgo

package qtbridge

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// With a relative native key Qt looks for the key file in the directory that is
// current when it detaches.
func TestChangeOfDirectoryWhileAttached(t *testing.T) {
	env := peertest.New(t)
	t.Chdir(env.Work)
	s := mustCreate(t, NativeKey("key"), 5)
	require.FileExists(t, env.Work+"/key")
	require.NoError(t, os.Chdir(env.Other))
	require.NoError(t, s.Close())
	assert.Empty(t, env.Files(env.Work))
}
