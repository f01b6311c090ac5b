//go:build linux

package main

import (
	_ "embed"
	"os"
	"strings"
	"text/template"
)

//go:embed compatibility.md.tmpl
var markdownText string

var markdown = template.Must(template.New("compatibility.md").Funcs(template.FuncMap{"join": strings.Join}).Parse(markdownText))

func (r *report) writeMarkdown(path string) error {
	var b strings.Builder
	if err := markdown.Execute(&b, r); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o666)
}
