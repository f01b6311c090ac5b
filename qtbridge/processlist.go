package qtbridge

import (
	"qtinterop/internal/procfs"
	"slices"
	"strconv"
	"strings"
)

// processList lists those of pids that live.
func processList(pids []int) string {
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
