package ipc

import "golang.org/x/sys/windows"

// Yield lets another thread that is ready to run do so first: Sleep(0).
func Yield() { windows.SleepEx(0, false) }
