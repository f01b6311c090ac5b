package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// examineSegmentLimits tells whether no segment can be made any more. Where /proc does
// not tell, there is nothing to say.
func (x *examination) examineSegmentLimits() {
	table, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		return
	}
	var segments, pages uint64
	page := uint64(os.Getpagesize())
	for line := range bytes.Lines(table) {
		if fields := bytes.Fields(line); len(fields) > 3 {
			if size, err := strconv.ParseUint(string(fields[3]), 10, 64); err == nil { // not the heading
				segments, pages = segments+1, pages+(size+page-1)/page
			}
		}
	}
	x.checkSegmentLimit("shmmni", segments, "segments")
	x.checkSegmentLimit("shmall", pages, "pages of memory in segments")
}

func (x *examination) checkSegmentLimit(name string, used uint64, what string) {
	text, err := os.ReadFile("/proc/sys/kernel/" + name)
	limit, errNumber := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || errNumber != nil || used < limit {
		return
	}
	x.add(finding{ID: "segment-limit", Severity: problem, Command: "qtshm ls",
		Text: fmt.Sprintf("No program can make a segment: there are %d %s, and kernel.%s allows %d. Raise that with sysctl, or remove what nobody needs.", used, what, name, limit)})
}
