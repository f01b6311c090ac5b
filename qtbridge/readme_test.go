//go:build cgo && linux

package qtbridge

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

var goBlocks = regexp.MustCompile("(?s)```go\n(.*?)```")

// What the README has one copy must compile as it is, and the one that needs no peer run.
func TestReadmePrograms(t *testing.T) {
	env := peertest.New(t)
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	blocks := goBlocks.FindAllStringSubmatch(string(text), -1)
	require.Len(t, blocks, 2)
	tags := ""
	if _, running := QtVersion(); strings.HasPrefix(running, "5.") {
		tags = "qt5"
	}
	for _, block := range blocks {
		source, program := filepath.Join(env.Other, "main.go"), filepath.Join(env.Other, "main")
		require.NoError(t, os.WriteFile(source, []byte(block[1]), 0o666))
		out, err := exec.Command("go", "build", "-tags", tags, "-o", program, source).CombinedOutput()
		require.NoError(t, err, "%s", out)
		if strings.Contains(block[1], "NewPublisher") {
			out, err := exec.Command(program).CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Equal(t, "\"page-42\" <nil>\n", string(out))
		}
	}
}
