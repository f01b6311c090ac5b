//go:build linux

package main

import (
	_ "embed"
	"html/template"
	"os"
	"strings"
)

//go:embed page.html.tmpl
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"join": strings.Join}).Parse(pageText))

// writePage writes one file of HTML that needs no other, and no script: a link to the
// evidence of a cell shows it.
func (r *report) writePage(path string) error {
	var b strings.Builder
	if err := page.Execute(&b, r); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o666)
}
