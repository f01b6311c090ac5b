//go:build !windows

package main

// What the system has that others have not: files that lead to segments and
// semaphores, which have ids, owners and processes, and a kernel that undoes
// what a process did to a semaphore.
const (
	hasKeyFiles      = true
	undoesSemaphores = true
	ipcName          = "systemv"
	ipcText          = "System V"
)

// unknownColumns are those that tables leave out here.
var unknownColumns = []string{"USERS"}
