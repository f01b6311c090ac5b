package qtbridge

import "qtinterop/native"

// QtVersion returns the version of Qt that this program was compiled against
// (QT_VERSION_STR) and the one it runs with (qVersion()), such as 6.4.2. Both
// are empty in a program without Qt. It does not block, and any goroutine may
// call it.
func QtVersion() (compiled, running string) {
	return native.VersionCompiled(), native.VersionRunning()
}
