//go:build cgo

package main

import (
	"strings"
	"testing"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// Names that no object can have, and sizes that Qt cannot make, are usage errors
// for all commands.
func TestBadInputOnWindows(t *testing.T) {
	e := peertest.New(t)
	name := e.Name()
	for _, bad := range []string{`dir\` + name, `C:\dir\` + name, `Session\99\` + name, `Local\dir\` + name, `Global\`, strings.Repeat("x", 40_000)} {
		for _, args := range [][]string{{"get"}, {"put", "x"}, {"publish", "x"}, {"create", "--size", "4"}} {
			args = append([]string{args[0], "native:" + bad}, args[1:]...)
			refused(t, exitUsage, "key", args...)
		}
	}
	if _, qt := qtbridge.QtVersion(); strings.HasPrefix(qt, "5") { // its create() takes an int
		refused(t, exitUsage, "size", "create", name, "--size", "5G")
		nothing(t, name)
	}
	refused(t, exitNotFound, missing(), "get", `native:Global\`+name)
	refused(t, exitUsage, "Windows", "doctor", name, "--peer", "4")
}
