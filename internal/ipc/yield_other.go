//go:build !linux && !windows

package ipc

// Yield does nothing: there is no Qt to wait for here.
func Yield() {}
