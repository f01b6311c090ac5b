//go:build cgo

package datastream

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// residentPeak is the most memory that this process has had, in bytes.
func residentPeak(t testing.TB) int {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return int(usage.Maxrss) << 10
}
