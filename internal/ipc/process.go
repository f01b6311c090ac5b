package ipc

import (
	"slices"
	"strconv"
	"strings"

	"qtinterop/internal/procfs"
)

// ProcessList says which of pids live, in words.
func ProcessList(pids []int) string {
	slices.Sort(pids)
	var names []string
	for _, pid := range slices.Compact(pids) {
		if pid > 0 && procfs.Alive(pid) {
			names = append(names, strconv.Itoa(pid))
		}
	}
	if len(names) == 0 {
		return "the processes attached to it (not to be seen by this user)"
	}
	return "process " + strings.Join(names, ", ")
}

// HeldBy says who may hold a lock that these processes have open.
func HeldBy(users []int) string {
	if len(users) == 0 {
		return "it is held, and the system does not tell by whom"
	}
	return "one of these has it, or one that is gone: " + ProcessList(users)
}

// HeldOrJammed is HeldBy, and what to do where a jam cannot be told from a lock that is
// held.
func HeldOrJammed(users []int) string {
	return HeldBy(users) + "; wait longer, or if you know that its holder crashed, call Recover with Policy.BreakLock"
}

// HeldUntilNow is what there is to say of a lock that is found free.
const HeldUntilNow = "it was held until just now"
