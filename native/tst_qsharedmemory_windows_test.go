//go:build cgo

package native

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// requireAlreadyLocked requires a second lock() to be true. Qt's warning is not
// looked for: it goes to the C library's stderr, which Go does not have here.
func requireAlreadyLocked(t *testing.T, m *SharedMemory) {
	t.Helper()
	require.NoError(t, m.Lock())
}

// Qt's test skips itself on Windows, where a crash opens a dialog. What can be
// seen without one is the view's protection.
func tstReadOnly(t *testing.T) {
	m := memoryOf(t, peertest.New(t).Name())
	require.NoError(t, m.Create(1024, ReadOnly))
	requireFault(t, func() { m.Data()[0] = 'a' })
	assert.Equal(t, make([]byte, 4096), m.ConstData())
}

// Qt's test asks for 32 MiB again and again until the machine has no more; here
// it asks once for more than any has.
func tstUseTooMuchMemory(t *testing.T) {
	env := peertest.New(t)
	m := memoryOf(t, env.Name())
	assert.Error(t, m.Create(math.MaxInt64, ReadWrite))
	assert.Error(t, m.Attach(ReadWrite))
	assert.Error(t, m.Detach())
	requireUnattached(t, m)
	assert.Nil(t, observer.Look(m.NativeKey()))
}
