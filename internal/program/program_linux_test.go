//go:build cgo

package program_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/program"
)

// No process of a program sees that another one was killed before it.
func TestKillAllAtOnce(t *testing.T) {
	for range 5 {
		dir := t.TempDir()
		// Between the process that is read from and its reader are others, so that to find
		// and kill them all takes a while.
		p, err := program.Start(exec.Command("/bin/sh", "-c", `
			cd "$0"
			mkfifo pipe
			sleep 60 >pipe &
			for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 60 & done
			{ echo ready; cat; echo ended >ended; } <pipe &
			wait`, dir))
		require.NoError(t, err)
		defer p.Kill()
		require.NoError(t, p.Await(t.Context(), time.Minute, "it reads", func() (bool, error) {
			return strings.Contains(p.Output(), "ready"), nil
		}))
		p.Kill()
		assert.NoFileExists(t, filepath.Join(dir, "ended"))
	}
}
