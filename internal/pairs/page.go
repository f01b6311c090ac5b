//go:build linux

package pairs

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"qtinterop/internal/conformance"
)

//go:embed page.html.tmpl
var pageText string

// WritePage writes one file of HTML that needs no other, and no script: a link to the
// evidence of a cell shows it.
func (r *Report) WritePage(w io.Writer) error {
	page, err := template.New("page").Funcs(template.FuncMap{"join": strings.Join, "transcript": transcript}).Parse(pageText)
	if err != nil {
		return err
	}
	return page.Execute(w, r)
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
		between := fmt.Sprintf("… %d lines more", more)
		lines = slices.Concat(lines[:firstLines], []string{between}, lines[len(lines)-lastLines:])
	}
	return strings.Join(lines, "\n")
}
