package procfs

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/peertest"
)

func TestIsApart(t *testing.T) {
	near := begin(t, t.TempDir(), nil)
	ended := gone(t)
	for _, namespace := range []string{"ipc", "mnt", "pid"} {
		assert.False(t, IsApart(os.Getpid(), namespace))
		assert.False(t, IsApart(near, namespace))
		assert.False(t, IsApart(ended, namespace), "it cannot be told")
	}
	far := begin(t, t.TempDir(), peertest.InNamespaces(t, syscall.CLONE_NEWIPC))
	assert.True(t, IsApart(far, "ipc"))
	assert.False(t, IsApart(far, "mnt"))
	assert.False(t, IsApart(far, "pid"))
}
