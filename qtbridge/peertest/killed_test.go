//go:build cgo && linux

package peertest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	engine "qtinterop/internal/peertest"
	"qtinterop/qtbridge/peertest"
)

// toBeKilled is set in the environment of a test that is killed, to the program it starts.
const toBeKilled = "QTINTEROP_TO_BE_KILLED"

// A test that is killed, with a time limit of CI for example, takes its programs with it:
// with namespaces of their own also what those have started, and all segments.
func TestKilled(t *testing.T) {
	if os.Getenv(peertest.ApartVariable) == "" {
		engine.Skip(t, "there can be no namespaces of their own here, and a segment would be left")
	}
	eachPeer(t, func(t *testing.T, peer string) {
		for _, own := range []bool{true, false} {
			t.Run(fmt.Sprintf("own namespaces %v", own), func(t *testing.T) {
				before := objects(t)
				cmd := exec.Command(os.Args[0], "-test.run=^TestToBeKilled$", "-test.v")
				cmd.Env = append(os.Environ(), toBeKilled+"="+peer, "TMPDIR="+t.TempDir())
				if own { // else it is taken for one that has them already
					cmd.Env = append(cmd.Env, peertest.ApartVariable+"=")
				}
				out, err := cmd.StdoutPipe()
				require.NoError(t, err)
				require.NoError(t, cmd.Start())
				name := ""
				for lines := bufio.NewScanner(out); name == "" && lines.Scan(); {
					_, name, _ = strings.Cut(lines.Text(), "key ")
				}
				require.NotEmpty(t, name)
				pids := processesWith(t, name)
				require.NotEmpty(t, pids)
				require.NoError(t, cmd.Process.Kill())
				_ = cmd.Wait()
				assert.Eventually(t, func() bool { return len(processesWith(t, name)) == 0 }, 5*time.Second, 10*time.Millisecond)
				if own {
					assert.Equal(t, before, objects(t))
				}
			})
		}
	})
}

// processesWith are the processes that have a name in their arguments.
func processesWith(t *testing.T, name string) (pids []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	for _, entry := range entries {
		arguments, _ := os.ReadFile("/proc/" + entry.Name() + "/cmdline")
		if pid, err := strconv.Atoi(entry.Name()); err == nil && strings.Contains(string(arguments), name) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestToBeKilled(t *testing.T) {
	peer := os.Getenv(toBeKilled)
	if peer == "" {
		return
	}
	place := peertest.New(t)
	key := place.QtKey()
	writer := place.Start(peertest.Command{Path: peer, Args: []string{"writer", "--set-key", "--", key.Name()}})
	writer.Line("page-1")
	writer.WaitSegment(key)
	fmt.Println("key " + key.Name())
	writer.Line("page-2")
	time.Sleep(time.Minute)
	_ = syscall.Kill(writer.PID(), syscall.SIGKILL)
}
