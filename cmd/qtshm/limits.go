package main

import (
	"strconv"
	"strings"
)

// limitUse is a limit of System V IPC, and what is used of it.
type limitUse struct {
	Name  string `json:"name"` // as sysctl(8) has it, without kernel.
	What  string `json:"what"`
	Used  uint64 `json:"used"`
	Limit uint64 `json:"limit"`
}

var limitColumns = []column{{title: "LIMIT"}, {title: "USED", right: true}, {title: "OF", right: true}, {title: "WHAT"}}

// lsLimits is ls --limits.
func (a *app) lsLimits() error {
	limits := systemLimits()
	if limits == nil {
		return refusedf(exitError, "ls --limits: the system does not tell of limits of System V IPC; it takes Linux, with /proc")
	}
	var rows [][]string
	for i := range limits {
		l := &limits[i]
		if a.json {
			if err := a.printJSON(l); err != nil {
				return err
			}
		}
		rows = append(rows, []string{l.Name, strconv.FormatUint(l.Used, 10), strconv.FormatUint(l.Limit, 10), l.What})
	}
	if a.json {
		return nil
	}
	return a.printf("%s\n", strings.Join(layOut(limitColumns, rows, 0), "\n"))
}
