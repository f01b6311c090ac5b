//go:build unix

package qtbridge

import (
	"fmt"
	"os"
	"syscall"
)

// ownerOf says to whom a file belongs.
func ownerOf(path string) string {
	info, err := os.Stat(path)
	if err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			return fmt.Sprintf("user %d with mode %#o", stat.Uid, info.Mode().Perm())
		}
	}
	return "another user"
}
