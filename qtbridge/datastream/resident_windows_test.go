//go:build cgo

package datastream

import "testing"

// residentPeak is not asked for on Windows.
func residentPeak(testing.TB) int { return 0 }
