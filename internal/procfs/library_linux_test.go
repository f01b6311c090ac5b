package procfs

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/peertest"
)

func TestQtCore(t *testing.T) {
	e := peertest.New(t)
	for _, qt := range peertest.QtVersions {
		peer := e.Verbs(qt)
		assert.Equal(t, peer.QtVersion, QtCore(peer.PID()))
	}
	assert.Empty(t, QtCore(os.Getpid()), "it links no Qt")
	assert.Empty(t, QtCore(gone(t)))
}
