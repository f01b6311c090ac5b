// Package sysv is System V IPC on Linux, as Qt uses it by default: segments and
// semaphores with keys that ftok(3) makes of key files. It looks at them without
// touching them, takes a lock with a time limit, waits without a trace, and finds
// out who uses what. It never attaches, creates or removes a segment.
package sysv
