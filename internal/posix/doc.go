// Package posix is POSIX shared memory and semaphores, which Qt 6.6 and later uses
// for keys of the type PosixRealtime, and some builds of Qt for all: files in
// /dev/shm. A place's Segment is the path of the one, its Lock that of the other. An
// id is an inode.
//
// A segment stays until somebody unlinks it, and Qt does not. A semaphore is unlinked
// by the object of Qt's that made it, also while others use it, and create() puts
// another one in its place: so whoever has taken one looks whether it is still the one
// that the name leads to. Nothing gives back what a process had taken that died.
//
// That nobody else has a file open is asked by taking a lease on it (F_SETLEASE of
// fcntl(2)), which only its owner and root can. It is given back at once; an open() of
// somebody else in between waits for that, some microseconds.
//
// What cannot be helped: a semaphore whose file somebody cuts while it is open is a
// fault that ends the program, here as in Qt.
package posix
