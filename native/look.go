package native

import (
	"fmt"
	"syscall"
)

// SegmentState is what [LookSegment] sees.
type SegmentState struct {
	IPCKey   int32 // ftok(path, 'Q')
	ID       int
	Size     int64 // bytes
	Attached int   // how many mappings, of any process
	Creator  int   // pid
	Last     int   // pid of the last attach or detach, 0 if none
	Owner    int   // uid
	Mode     uint32
}

// SemaphoreState is what [LookSemaphore] sees.
type SemaphoreState struct {
	IPCKey  int32 // ftok(path, 'Q'), 0 if the path is not known
	ID      int
	Value   int
	Last    int   // pid of the last operation that ended, 0 if none
	Waiters int   // how many operations wait for a larger value
	Used    bool  // whether there ever was an operation
	Changed int64 // when it was made, or its value set; seconds since 1970
	Handles int   // on Windows, how many others there are on it, in all processes
	Owner   int   // uid
	Mode    uint32
}

// LookStep is how far a look came.
type LookStep int

// The steps of a look: finding the key file, finding the object with its key,
// reading the object's state.
const (
	StepFile LookStep = iota
	StepFind
	StepState
)

// LookError is a look that ended early.
type LookError struct {
	Path  string
	Step  LookStep
	Errno syscall.Errno
}

func (e *LookError) Error() string {
	step := [...]string{"key file", "object of key file", "state of object of key file"}
	return fmt.Sprintf("native: %s %s: %v", step[e.Step], e.Path, e.Errno)
}

// Unwrap returns the errno.
func (e *LookError) Unwrap() error { return e.Errno }
