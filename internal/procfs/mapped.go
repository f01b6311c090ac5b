package procfs

import (
	"bytes"
	"os"
	"strconv"
)

// MappedAt returns the inode of what this process has mapped at an address, which of a
// System V segment is its id, if that can be told.
func MappedAt(address uintptr) (inode int, ok bool) {
	maps, err := readFile(os.Getpid(), "maps")
	if address == 0 || err != nil {
		return 0, false
	}
	for line := range bytes.Lines(maps) {
		fields := bytes.Fields(line)
		if len(fields) < 6 || !isWithin(fields[0], uint64(address)) {
			continue
		}
		inode, err := strconv.Atoi(string(fields[4]))
		return inode, err == nil
	}
	return 0, false
}

// isWithin tells whether an address is in a range as maps has it: from-to.
func isWithin(addresses []byte, address uint64) bool {
	from, to, _ := bytes.Cut(addresses, []byte("-"))
	start, err := strconv.ParseUint(string(from), 16, 64)
	end, errEnd := strconv.ParseUint(string(to), 16, 64)
	return err == nil && errEnd == nil && start <= address && address < end
}
