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
func systemOf(Key) ipc.System { return sysv.System{} }

// listAll lists the objects of all systems there are.
func listAll() ([]ipc.Found, error) {
	var maps procfs.Mappings
	found, err := sysv.System{}.List(&maps)
	if err != nil {
		return nil, err
	}
	return append(found, posix.List(&maps)...), nil
}
