//go:build cgo && linux

package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/native"
)

func TestQtVersion(t *testing.T) {
	compiled, running := QtVersion()
	assert.Regexp(t, `^[56]\.\d+\.\d+$`, compiled)
	assert.Equal(t, native.VersionRunning(), running)
	assert.Equal(t, compiled[:2], running[:2], "Qt keeps compatibility within a major version")
}
