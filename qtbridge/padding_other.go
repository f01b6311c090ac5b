//go:build !windows

package qtbridge

// unpadded is data: a segment has exactly the size that it was created with.
func unpadded(data []byte, _ int) []byte { return data }
