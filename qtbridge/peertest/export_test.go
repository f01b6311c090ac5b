//go:build cgo && linux

package peertest

// ApartVariable is set in the environment of tests in namespaces of their own.
const ApartVariable = apart
