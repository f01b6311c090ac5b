package winobj

import (
	"fmt"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The prefixes of names: of the objects of all sessions, and of this session's,
// which is where a name without prefix leads.
const (
	globalPrefix = `Global\`
	localPrefix  = `Local\`
)

// globalDirectory has the objects of all sessions, and those of services.
const globalDirectory = `\BaseNamedObjects`

// sessionDirectory has the objects of this session.
var sessionDirectory = sync.OnceValue(func() string {
	var session uint32
	if err := windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &session); err != nil || session == 0 {
		return globalDirectory
	}
	return fmt.Sprintf(`\Sessions\%d\BaseNamedObjects`, session)
})

// fullName is the name of an object for the system.
func fullName(name string) string {
	if rest, ok := strings.CutPrefix(name, globalPrefix); ok {
		return globalDirectory + `\` + rest
	}
	return sessionDirectory() + `\` + strings.TrimPrefix(name, localPrefix)
}

// namedObject is an entry of such a directory.
type namedObject struct{ name, kind string }

// directoryEntry is OBJECT_DIRECTORY_INFORMATION.
type directoryEntry struct{ name, kind windows.NTUnicodeString }

// readDirectory returns the objects of a directory, as far as this user may see
// them.
func readDirectory(path string) ([]namedObject, error) {
	name, err := windows.NewNTUnicodeString(path)
	if err != nil {
		return nil, err
	}
	const query = 0x0001 // DIRECTORY_QUERY
	attributes := windows.OBJECT_ATTRIBUTES{ObjectName: name, Attributes: windows.OBJ_CASE_INSENSITIVE}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var directory windows.Handle
	status, _, _ := ntOpenDirectoryObject.Call(uintptr(unsafe.Pointer(&directory)), query, uintptr(unsafe.Pointer(&attributes)))
	if status != 0 {
		return nil, windows.NTStatus(status)
	}
	defer func() { _ = windows.CloseHandle(directory) }()
	var objects []namedObject
	buffer := make([]uint16, 1<<15+64) // for the longest name there can be
	for index := uint32(0); ; {
		// One at a time: Wine 8.0 knows no other way.
		const single, begin = 1, 0
		status, _, _ = ntQueryDirectoryObject.Call(uintptr(directory), uintptr(unsafe.Pointer(&buffer[0])), uintptr(2*len(buffer)),
			single, begin, uintptr(unsafe.Pointer(&index)), 0)
		if status != 0 {
			return objects, nil // STATUS_NO_MORE_ENTRIES
		}
		entry := (*directoryEntry)(unsafe.Pointer(&buffer[0]))
		objects = append(objects, namedObject{name: entry.name.String(), kind: entry.kind.String()})
	}
}
