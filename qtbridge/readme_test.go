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

// programsOf are the Go programs in a document.
func programsOf(t *testing.T, path string, want int) (programs []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, block := range goBlocks.FindAllStringSubmatch(string(text), -1) {
		programs = append(programs, block[1])
	}
	require.Len(t, programs, want)
	return programs
}

// build has the go command make a program of a source.
func build(t *testing.T, command []string, program, source, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(source, []byte(text), 0o666))
	tags := ""
	if _, running := QtVersion(); strings.HasPrefix(running, "5.") {
		tags = "qt5"
	}
	out, err := exec.Command("go", append(command, "-tags", tags, "-o", program, source)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// What docs/ci.md has one copy must compile as it is.
func TestDocumentedTests(t *testing.T) {
	env := peertest.New(t)
	for _, text := range programsOf(t, "../docs/ci.md", 1) {
		build(t, []string{"test", "-c"}, filepath.Join(env.Other, "viewer.test"), filepath.Join(env.Other, "viewer_test.go"), text)
	}
}

// What the README has one copy must compile as it is, and the one that needs no peer run.
func TestReadmePrograms(t *testing.T) {
	env := peertest.New(t)
	source, program := filepath.Join(env.Other, "main.go"), filepath.Join(env.Other, "main")
	for _, text := range programsOf(t, "../README.md", 2) {
		build(t, []string{"build"}, program, source, text)
		if strings.Contains(text, "NewPublisher") {
			out, err := exec.Command(program).CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Equal(t, "\"page-42\" <nil>\n", string(out))
		}
	}
}
