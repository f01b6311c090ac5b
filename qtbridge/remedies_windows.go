package qtbridge

// qtRemedies say what to do about errors that are found by Qt alone.
var qtRemedies = map[Code]string{
	ErrResources:  "the system is short of memory; end programs, or let the paging file grow",
	ErrSize:       "use a smaller one",
	ErrKey:        "use a key without backslashes, but for Global\\ and Local\\ at the start of a native key",
	ErrPermission: "run as the user who created it; to create in Global\\ takes the right to create global objects",
}
