package procfs

import (
	"bytes"
	"path"
	"strings"
)

// QtCore is the version of the QtCore that a process has loaded, as the name of the file has
// it: 5.15.8 of libQt5Core.so.5.15.8. It is empty if there is none, or it cannot be told.
func QtCore(pid int) string {
	maps, err := readFile(pid, "maps")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(maps) {
		fields := strings.Fields(string(line))
		if len(fields) < 6 {
			continue
		}
		library, version, _ := strings.Cut(path.Base(fields[5]), ".so.")
		if library == "libQt5Core" || library == "libQt6Core" {
			return version
		}
	}
	return ""
}
