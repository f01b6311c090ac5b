//go:build linux || windows

package peertest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// GUIVerbs starts the guipeer of a Qt, which has the verbs of pictures as well. Without one
// the test is skipped, and fails in CI.
func (e *Env) GUIVerbs(qt int) *Peer {
	e.T.Helper()
	testpeer := Path(e.T, qt)
	path := filepath.Join(filepath.Dir(testpeer), strings.Replace(filepath.Base(testpeer), "testpeer", "guipeer", 1))
	if _, err := os.Stat(path); err != nil {
		Skip(e.T, "there is no guipeer of Qt "+strconv.Itoa(qt)+": run scripts/setup, then "+builder)
	}
	return e.hello(qt, e.StartProgram(path, e.Work, "verbs"))
}
