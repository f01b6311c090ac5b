package qtbridge

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No row of docs/parity.md may name a test that does not exist.
func TestParityNamesTestsThatExist(t *testing.T) {
	table, err := os.ReadFile("../docs/parity.md")
	require.NoError(t, err)
	files, err := filepath.Glob("../*/*_test.go")
	require.NoError(t, err)
	houses, err := filepath.Glob("../internal/*/*_test.go")
	require.NoError(t, err)
	have := map[string]bool{}
	for _, file := range append(files, houses...) {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllSubmatch(source, -1) {
			have[string(match[1])] = true
		}
	}
	named := regexp.MustCompile("`(Test\\w+)").FindAllSubmatch(table, -1)
	require.NotEmpty(t, named)
	for _, match := range named {
		assert.True(t, have[string(match[1])], "%s", match[1])
	}
}
