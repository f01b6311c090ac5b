// Package native is a faithful transcript of Qt's QSharedMemory, QSystemSemaphore
// and QNativeIpcKey: each public method under its own name, with Qt's return
// value, error and quirks unchanged. It has no opinions; package qtbridge has
// them, and is what a program should use. The API follows Qt's, and is not
// stable.
//
// # Which Qt
//
// The package links Qt 6, or Qt 5.15 with the build tag qt5. Compiling against
// another Qt than the one asked for is an error at build time. Without cgo, or
// on a system that is not supported, everything compiles and every call
// returns [ErrUnavailable].
//
// A program runs with a later Qt of the same major version than that compiled
// against, and has then what that has: [HasNativeIpcKeys] asks the Qt that is
// loaded. Where it is of another major version, because another package has
// linked that, every call returns [ErrMixed].
//
// # Ownership
//
// A [SharedMemory] or [SystemSemaphore] owns a C++ object and must be given
// back with Close, which runs the object's destructor with all that Qt does in
// it. A garbage-collected one is closed as a backstop, some time later. An
// object taken over with [AdoptSharedMemory] stays its owner's.
//
// C++ never keeps a pointer to Go memory and never calls back into Go. The
// mapped memory is not Go's; see [SharedMemory.Data] for how long it lives.
//
// # Errors
//
// A method returns nil where Qt's returned true, and an [*Error] where it
// returned false, also where Qt has set no error: the code is [NoError] then.
// After Close it is [ErrClosed]; methods without an error return a zero value.
//
// # Concurrency
//
// A Qt object belongs to one goroutine at a time: Qt does no locking of its
// own. The one exception is Close, which may be called at any time: a call that
// is under way, be it blocked in [SharedMemory.Lock], ends first, and the last
// one to leave deletes the object. No call depends on the thread it runs on.
//
// # Text
//
// [ToLocal8Bit] and [FromLocal8Bit] are the two functions of QString that
// programs use on what they share, with what Qt puts in place of what it
// cannot convert. Any goroutine may call them at any time.
package native
