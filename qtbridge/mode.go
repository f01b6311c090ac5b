package qtbridge

// Mode says whether a Segment may be written to. It is
// QSharedMemory::AccessMode.
type Mode int

// The modes of a Segment. A read-only one is mapped so by the kernel; it can be
// locked like any other.
const (
	ReadOnly Mode = iota
	ReadWrite
)

var modeTexts = [...]string{ReadOnly: "read-only", ReadWrite: "read-write"}

func (m Mode) String() string { return enumText(m, modeTexts[:], "mode") }
