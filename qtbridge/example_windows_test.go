//go:build cgo && windows

package qtbridge_test

// ownDirectory has nothing to do: on Windows segments have names, and go with
// those who have them open.
func ownDirectory() (dir string, remove func()) { return "", func() {} }
