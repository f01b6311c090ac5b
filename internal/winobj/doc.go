// Package winobj is how Qt shares memory on Windows: by named sections, which it
// maps, and named semaphores. System, which is there on Windows alone, implements
// that interface of package ipc.
//
// Nothing hangs on files, and what nobody has open is gone. The system tells
// neither ids nor owners, and not who made, used or took an object; only which
// processes have it open, in a table of all handles. What a process took from a
// semaphore nobody gives back when it ends, so the package counts what this
// program has of its locks: then it can tell when nobody else can hold one.
package winobj
