// Package posix is POSIX shared memory, which Qt 6.6 and later uses for keys of
// the type PosixRealtime, and some builds of Qt for all: files in /dev/shm. So far
// it only lists them.
package posix
