//go:build !linux

package main

// calm is what this system does not tell.
type calm struct{}

func (calm) isCalm() bool { return false }
