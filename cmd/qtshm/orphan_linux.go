package main

import (
	"golang.org/x/sys/unix"

	"qtinterop/qtbridge"
)

// removeLost removes a segment that no key file leads to, as ipcrm(1) does, if it is still
// what was seen: Qt has no call for that.
func removeLost(s *qtbridge.SegmentFacts) error {
	var now unix.SysvShmDesc
	if _, err := unix.SysvShmCtl(s.ID, unix.IPC_STAT, &now); err != nil {
		return err
	}
	if now.Nattch != 0 || now.Perm.Key != s.IPCKey || int(now.Cpid) != s.Creator.PID {
		return refusedf(exitInUse, "it has changed; try again")
	}
	_, err := unix.SysvShmCtl(s.ID, unix.IPC_RMID, nil)
	return err
}
