package qtbridge

// hasKeyFiles tells whether system objects hang on files: on Windows they have
// names of their own.
const hasKeyFiles = false

// temporaryDir is of no meaning on Windows.
func temporaryDir() string { return "" }

// nativePlace is the name as it is.
func (k Key) nativePlace(string) (place, error) { return place{segment: k.name}, nil }

// keyIn is name: on Windows it has nothing to do with directories.
func keyIn(_, name string) string { return name }
