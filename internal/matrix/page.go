//go:build linux

package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"slices"
	"strings"

	"qtinterop/internal/conformance"
)

//go:embed page.html.tmpl
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"join": strings.Join, "transcript": transcript}).Parse(pageText))

// writePage writes one file of HTML that needs no other, and no script: a link to the
// evidence of a cell shows it.
func (r *report) writePage(path string) error {
	var b strings.Builder
	if err := page.Execute(&b, r); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o666)
}

// Of a transcript the page has so many lines from its beginning and from its end: what
// is between is more of the same. What failed is shown as a whole.
const (
	firstLines = 24
	lastLines  = 12
)

func transcript(result conformance.Result) string {
	lines := result.Transcript
	if more := len(lines) - firstLines - lastLines; more > 1 && result.Status != conformance.Failed {
		between := fmt.Sprintf("… %d lines more, in the directory cells", more)
		lines = slices.Concat(lines[:firstLines], []string{between}, lines[len(lines)-lastLines:])
	}
	return strings.Join(lines, "\n")
}
