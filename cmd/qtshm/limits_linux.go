package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// systemLimits are those that a program runs into which makes a segment or its lock.
// Where /proc does not tell, there are none.
func systemLimits() []limitUse {
	segments, pages, largest := uint64(0), uint64(0), uint64(0)
	page := uint64(os.Getpagesize())
	ok := readSizes("/proc/sysvipc/shm", func(size uint64) {
		segments, pages, largest = segments+1, pages+(size+page-1)/page, max(largest, size)
	})
	sets, semaphores := uint64(0), uint64(0)
	ok = readSizes("/proc/sysvipc/sem", func(count uint64) { sets, semaphores = sets+1, semaphores+count }) && ok
	if !ok {
		return nil
	}
	var limits []limitUse
	add := func(file string, field int, l limitUse) {
		if limit, ok := readLimit(file, field); ok {
			l.Limit = limit
			limits = append(limits, l)
		}
	}
	add("shmmni", 0, limitUse{Name: "shmmni", What: "segments", Used: segments})
	add("shmall", 0, limitUse{Name: "shmall", What: "pages of memory in segments", Used: pages})
	add("shmmax", 0, limitUse{Name: largestSegment, What: "bytes in the largest segment", Used: largest})
	add("sem", 3, limitUse{Name: "semmni", What: "semaphore sets", Used: sets})
	add("sem", 1, limitUse{Name: "semmns", What: "semaphores", Used: semaphores})
	return limits
}

// largestSegment is the limit of the size of one segment, which is no sum.
const largestSegment = "shmmax"

// readSizes calls found with the fourth column of a table of System V objects.
func readSizes(path string, found func(size uint64)) bool {
	table, err := os.ReadFile(path)
	for line := range bytes.Lines(table) {
		if fields := bytes.Fields(line); len(fields) > 3 {
			if size, err := strconv.ParseUint(string(fields[3]), 10, 64); err == nil { // not the heading
				found(size)
			}
		}
	}
	return err == nil
}

// readLimit reads one of the numbers of a file in /proc/sys/kernel.
func readLimit(name string, field int) (uint64, bool) {
	text, _ := os.ReadFile("/proc/sys/kernel/" + name)
	fields := strings.Fields(string(text))
	if field >= len(fields) {
		return 0, false
	}
	limit, err := strconv.ParseUint(fields[field], 10, 64)
	return limit, err == nil
}

// examineLimits tells whether no segment or lock can be made any more.
func (x *examination) examineLimits() {
	for _, l := range systemLimits() {
		f := finding{ID: "segment-limit", Severity: problem, Command: l.raising()}
		switch {
		case l.Name == largestSegment:
			if !l.describeSize(&f) {
				continue
			}
		case l.Used < l.Limit:
			continue
		default:
			f.Text = fmt.Sprintf("No program can make a %s: there are %d %s, and the limit %s is %d. Raise that, as by the command, or remove what nobody needs.",
				l.of(), l.Used, l.What, l.setting(), l.Limit)
		}
		x.add(f)
	}
}

// of is what no program can make at the limit.
func (l *limitUse) of() string {
	if strings.HasPrefix(l.Name, "sem") {
		return "lock"
	}
	return "segment"
}

// smallSegment is what kernels before 3.16 allowed a segment, which was raised because
// it was too little.
const smallSegment = 32 << 20

// describeSize tells of a limit of the size of a segment that programs run into.
func (l *limitUse) describeSize(f *finding) bool {
	f.Text = fmt.Sprintf("No program can make a segment of more than %d bytes, as kernel.shmmax has it. If one needs more, raise that, as by the command.", l.Limit)
	switch {
	case l.Limit == 0:
		f.Text = "No program can make a segment: kernel.shmmax allows 0 bytes. Raise that, as by the command."
	case l.Used > l.Limit:
		f.Text += fmt.Sprintf(" There is one of %d bytes, made before, which cannot be made again.", l.Used)
	case l.Limit < smallSegment:
		f.Severity = note
	default:
		return false
	}
	return true
}

// setting is the name of a limit for people.
func (l *limitUse) setting() string {
	if strings.HasPrefix(l.Name, "sem") {
		return l.Name + ", of kernel.sem,"
	}
	return "kernel." + l.Name
}

// raising is the command that makes a limit what Linux has it without a change: since
// 3.16 that is as good as none, but for numbers of objects.
func (l *limitUse) raising() string {
	switch l.Name {
	case "shmmni":
		if l.Limit >= 32768 {
			return "qtshm ls" // there cannot be more
		}
		return "sysctl kernel.shmmni=32768"
	case "semmni", "semmns":
		return "sysctl kernel.sem='32000 1024000000 500 32000'"
	}
	return "sysctl kernel." + l.Name + "=" + strconv.FormatUint(uint64(^uint(0))-1<<24, 10)
}
