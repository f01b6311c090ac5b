//go:build cgo

package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func openSem(t testing.TB, key Key, initial int) *Semaphore {
	s, err := OpenSemaphore(key, initial)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}
