package qtbridge

import (
	"qtinterop/internal/ipc"
	"qtinterop/internal/posix"
	"qtinterop/internal/procfs"
	"qtinterop/internal/sysv"
)

// nativeKeyType is that of native keys without a type.
const nativeKeyType = systemVKey

// hasKeyType tells whether there are keys of a type here.
func hasKeyType(t keyType) bool { return t != windowsKey }

// systemOf is the system that the objects of a key are of.
func systemOf(k Key) ipc.System {
	if k.kind == posixKey {
		return posix.System{}
	}
	return sysv.System{}
}

// otherSegment is where a Qt that was built with POSIX shared memory alone has the
// segment of a QtKey.
func otherSegment(rest string) string {
	return posix.System{}.Traits().Directory + "/" + ipc.SegmentPrefix + rest
}

// listAll lists the objects of all systems there are.
func listAll() ([]ipc.Found, error) {
	var maps procfs.Mappings
	found, err := sysv.System{}.List(&maps)
	if err != nil {
		return nil, err
	}
	files, err := posix.System{}.List(&maps)
	return append(found, files...), err
}
