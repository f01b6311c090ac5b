//go:build !windows

package qtbridge

// qtRemedies say what to do about errors that are found by Qt alone.
var qtRemedies = map[Code]string{
	ErrResources:  "see the limits in /proc/sys/kernel/shmall, shmmni and sem, and what is there with ipcs",
	ErrSize:       "see the limit in /proc/sys/kernel/shmmax",
	ErrKey:        "check that the directory of the key file exists and can be written to",
	ErrPermission: "run as the user who created it",
}
