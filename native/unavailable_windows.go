//go:build !cgo

package native

func OpenSemaphore(string) (int, error)  { return 0, ErrUnavailable }
func CloseSemaphore(int) error           { return ErrUnavailable }
func SegmentHandles(string) (int, error) { return 0, ErrUnavailable }
