//go:build !linux

package main

// programName is not known here.
func programName(int) string { return "" }
