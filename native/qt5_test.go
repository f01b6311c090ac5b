//go:build cgo && (linux || windows) && qt5

package native

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/native/nativetest"
)

const (
	wantMajor = "5"
	buildTags = "qt5"
)

// What an encoding lacks is replaced, and going back shows that: package
// qtbridge relies on it. UTF-8, which Qt has in every locale here, lacks nothing.
func TestLocal8BitThatLacksCharacters(t *testing.T) {
	reset, ok := nativetest.SetLocal8Bit("ISO-8859-1")
	defer reset()
	require.True(t, ok)
	data, err := ToLocal8Bit("é共")
	require.NoError(t, err)
	assert.Equal(t, "\xe9?", string(data))
	back, err := FromLocal8Bit(data)
	require.NoError(t, err)
	assert.Equal(t, "é?", back)
}
