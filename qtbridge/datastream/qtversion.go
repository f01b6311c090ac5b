package datastream

import (
	"fmt"
	"strings"
)

// VersionOfQt is the version that a program with a Qt such as "5.15" or "6.4.2" writes if it
// does not call setVersion().
func VersionOfQt(text string) (Version, error) {
	var major, minor int
	if n, _ := fmt.Sscanf(text, "%d.%d", &major, &minor); n < 2 || major < 4 || major > 6 || minor < 0 {
		return 0, &Error{Op: "version", Code: ErrVersion, Offset: -1, Msg: fmt.Sprintf("%q is no version of Qt from 4.0 on; say as in 5.15", text)}
	}
	found := Qt4_0
	for v := Qt4_0; v <= Qt6_7; v++ {
		var since, sinceMinor int
		_, _ = fmt.Sscanf(strings.TrimPrefix(v.String(), "Qt_"), "%d_%d", &since, &sinceMinor)
		if since < major || since == major && sinceMinor <= minor {
			found = v
		}
	}
	return found, nil
}
