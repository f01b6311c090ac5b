package winobj

import (
	"errors"
	"slices"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tableHandle is a line of the system's table of all handles:
// SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX.
type tableHandle struct {
	_         uintptr
	pid       uintptr
	handle    uintptr
	_         uint32
	_         uint16
	typeIndex uint16
	_, _      uint32
}

// handleTable finds out which processes have which named objects open. It holds
// each of them open for an instant, as a look does. Processes of other users
// are not seen but by an administrator.
type handleTable struct {
	types     map[uint16]string // by type index, as they are found
	processes map[uintptr]windows.Handle
	buffer    []uint16
}

// usersOf returns the processes that have an object open, ascending.
func usersOf(name string) []int { return objectUsers()[fullName(name)] }

// objectUsers returns the processes, ascending, that have the sections and
// semaphores open, by the full names of these.
func objectUsers() map[string][]int {
	t := handleTable{
		types: make(map[uint16]string), processes: make(map[uintptr]windows.Handle),
		buffer: make([]uint16, 1<<15+16), // the longest name there can be
	}
	defer t.close()
	users := make(map[string][]int)
	for _, h := range readHandleTable() {
		if name := t.nameOf(&h); name != "" {
			users[name] = append(users[name], int(h.pid))
		}
	}
	for name, pids := range users {
		slices.Sort(pids)
		users[name] = slices.Compact(pids)
	}
	return users
}

func readHandleTable() []tableHandle {
	const begin = 2 * unsafe.Sizeof(uintptr(0))
	for size := uint32(1 << 20); size < 1<<30; size *= 2 {
		// Of uintptr, so that it is aligned.
		table := make([]uintptr, uintptr(size)/unsafe.Sizeof(uintptr(0)))
		err := windows.NtQuerySystemInformation(windows.SystemExtendedHandleInformation, unsafe.Pointer(&table[0]), size, nil)
		if errors.Is(err, windows.STATUS_INFO_LENGTH_MISMATCH) {
			continue
		}
		if err != nil {
			return nil
		}
		return unsafe.Slice((*tableHandle)(unsafe.Add(unsafe.Pointer(&table[0]), begin)), table[0])
	}
	return nil
}

// nameOf is the full name of a section or semaphore, else empty.
func (t *handleTable) nameOf(h *tableHandle) string {
	if known, ok := t.types[h.typeIndex]; ok && known != sectionType && known != semaphoreType {
		return ""
	}
	process := t.process(h.pid)
	if process == 0 {
		return ""
	}
	var object windows.Handle
	err := windows.DuplicateHandle(process, windows.Handle(h.handle), windows.CurrentProcess(), &object, 0, false, windows.DUPLICATE_SAME_ACCESS)
	if err != nil {
		return ""
	}
	defer func() { _ = windows.CloseHandle(object) }()
	// The handle can be another one by now, and only of these kinds the name can
	// be asked for without waiting for anybody.
	kind := t.query(object, objectType)
	t.types[h.typeIndex] = kind
	if kind != sectionType && kind != semaphoreType {
		return ""
	}
	return t.query(object, objectName)
}

// query returns the string that the answer of NtQueryObject begins with.
func (t *handleTable) query(object windows.Handle, what uintptr) string {
	answer := (*windows.NTUnicodeString)(unsafe.Pointer(&t.buffer[0]))
	status, _, _ := ntQueryObject.Call(uintptr(object), what, uintptr(unsafe.Pointer(answer)), uintptr(2*len(t.buffer)), 0)
	if status != 0 || answer.Buffer == nil {
		return ""
	}
	return answer.String()
}

func (t *handleTable) process(pid uintptr) windows.Handle {
	process, ok := t.processes[pid]
	if !ok {
		process, _ = windows.OpenProcess(windows.PROCESS_DUP_HANDLE, false, uint32(pid))
		t.processes[pid] = process
	}
	return process
}

func (t *handleTable) close() {
	for _, process := range t.processes {
		if process != 0 {
			_ = windows.CloseHandle(process)
		}
	}
}
