package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"qtinterop/qtbridge"
)

// machine is what ratios depend on.
type machine struct {
	Processor string `json:"processor"`
	Count     int    `json:"count"`
	Kernel    string `json:"kernel"`
	System    string `json:"system"`
	Go        string `json:"go"`
	Qt        string `json:"qt"`
	Compiler  string `json:"compiler"`
}

func thisMachine() machine {
	_, qt := qtbridge.QtVersion()
	return machine{
		Processor: find("/proc/cpuinfo", `model name\s*: (.*)`),
		Count:     runtime.NumCPU(),
		Kernel:    find("/proc/sys/kernel/osrelease", `(\d+\.\d+)`),
		System:    find("/etc/os-release", `PRETTY_NAME="(.*)"`),
		Go:        strings.TrimPrefix(runtime.Version(), "go"),
		Qt:        qt,
		Compiler:  compiler(),
	}
}

// isLike tells whether the ratios of both can be compared: what each Qt does takes its own
// time, and on each processor.
func (m machine) isLike(other machine) bool {
	return m.Processor == other.Processor && m.Count == other.Count && m.Qt == other.Qt
}

func (m machine) String() string {
	return fmt.Sprintf("%d × %s, %s, Linux %s, Go %s, Qt %s, %s", m.Count, m.Processor, m.System, m.Kernel, m.Go, m.Qt, m.Compiler)
}

// find is what a pattern finds in a file, or "unknown".
func find(file, pattern string) string {
	text, _ := os.ReadFile(file)
	if found := regexp.MustCompile(pattern).FindStringSubmatch(string(text)); found != nil {
		return found[1]
	}
	return "unknown"
}

func compiler() string {
	version, err := exec.Command("c++", "-dumpfullversion").Output()
	if err != nil {
		return "unknown compiler"
	}
	return "c++ " + strings.TrimSpace(string(version))
}
