//go:build linux

package pairs

import (
	_ "embed"
	"io"
	"strings"
	"text/template"
)

//go:embed compatibility.md.tmpl
var markdownText string

// WriteMarkdown writes docs/compatibility.md.
func (r *Report) WriteMarkdown(w io.Writer) error {
	document, err := template.New("compatibility.md").Funcs(template.FuncMap{"join": strings.Join}).Parse(markdownText)
	if err != nil {
		return err
	}
	return document.Execute(w, r)
}
