package qtbridge

import "fmt"

// Mode says whether a Segment may be written to. It is
// QSharedMemory::AccessMode.
type Mode int

// The modes of a Segment. A read-only one is mapped so by the kernel; it can be
// locked like any other.
const (
	ReadOnly Mode = iota
	ReadWrite
)

func (m Mode) String() string {
	switch m {
	case ReadOnly:
		return "read-only"
	case ReadWrite:
		return "read-write"
	}
	return fmt.Sprintf("mode %d", int(m))
}
