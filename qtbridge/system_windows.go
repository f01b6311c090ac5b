package qtbridge

import (
	"qtinterop/internal/ipc"
	"qtinterop/internal/winobj"
)

// nativeKeyType is that of native keys without a type.
const nativeKeyType = windowsKey

// hasKeyType tells whether there are keys of a type here.
func hasKeyType(t keyType) bool { return t == windowsKey }

// systemOf is the system that the objects of a key are of.
func systemOf(Key) ipc.System { return winobj.System{} }

// otherSegment is empty: there is one system.
func otherSegment(string) string { return "" }

// listAll lists the objects of all systems there are.
func listAll() ([]ipc.Found, error) { return winobj.System{}.List(nil) }
