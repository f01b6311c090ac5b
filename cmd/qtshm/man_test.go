//go:build cgo && (linux || windows)

package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each page has what a page is to have, and names no page of qtshm that does not exist.
func TestManPages(t *testing.T) {
	root := (&app{}).root(nil)
	pages := map[string]string{}
	for _, c := range manPages(root) {
		pages[manName(c)+"(1)"] = manPage(c, "Jan 2026")
	}
	assert.Greater(t, len(pages), 10)
	for name, page := range pages {
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"} {
			assert.Contains(t, page, "\n.SH "+section+"\n", name)
		}
		_, also, _ := strings.Cut(page, "SEE ALSO")
		for _, other := range regexp.MustCompile(`[a-z-]+\(1\)`).FindAllString(strings.ReplaceAll(also, `\`, ""), -1) {
			if strings.HasPrefix(other, "qtshm") {
				assert.Contains(t, pages, other, name)
			}
			assert.NotEqual(t, name, other)
		}
		assert.Equal(t, strings.Count(page, ".EX\n"), strings.Count(page, ".EE\n"), name)
	}
	assert.Contains(t, roff(`printf '\1\0'`), `printf '\e1\e0'`)
	assert.Equal(t, "\\&.x\n", roff(".x"))
	if groff, err := exec.LookPath("groff"); err == nil {
		cmd := exec.Command(groff, "-man", "-Tascii", "-ww")
		cmd.Stdin = strings.NewReader(pages["qtshm-put(1)"])
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), `printf '\1\0' | qtshm put Flags --file -`)
		assert.NotContains(t, string(out), "warning")
	}
}
