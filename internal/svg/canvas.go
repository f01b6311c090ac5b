// Package svg draws the plots of benchmarks.
package svg

import (
	"fmt"
	"os"
	"strings"
)

// Font is what most systems have one of.
const Font = "DejaVu Sans, Verdana, Arial, Helvetica, sans-serif"

// Colours of text.
const (
	Ink  = "#222222"
	Pale = "#555555"
)

// Canvas is a picture on white, so that it does not matter on what.
type Canvas struct{ text strings.Builder }

// New begins a picture that has its title in it.
func New(width, height int, title string) *Canvas {
	c := &Canvas{}
	c.F(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d">`, width, height)
	c.F(`<title>%s</title>`, title)
	c.F(`<rect x="0" y="0" width="%d" height="%d" fill="#ffffff"/>`, width, height)
	c.Text(20, 32, Ink, `font-size="19" font-weight="bold"`, title)
	return c
}

// F writes a line of SVG.
func (c *Canvas) F(format string, args ...any) { fmt.Fprintf(&c.text, format+"\n", args...) }

// Text writes with nothing but attributes of its own, as not every renderer knows
// style sheets, or what is inherited.
func (c *Canvas) Text(x, y float64, color, more, text string) {
	if !strings.Contains(more, "font-size") {
		more = strings.TrimSpace(`font-size="13" ` + more)
	}
	c.F(`<text x="%.1f" y="%.1f" fill="%s" font-family="%s" %s>%s</text>`, x, y, color, Font, more, text)
}

// Haloed writes on white, so that lines below do not cross the letters: twice, as
// renderers without paint-order would put the white above them.
func (c *Canvas) Haloed(x, y float64, color, more, text string) {
	c.Text(x, y, "#ffffff", more+` stroke="#ffffff" stroke-width="3" stroke-linejoin="round"`, text)
	c.Text(x, y, color, more, text)
}

// WriteFile ends the picture.
func (c *Canvas) WriteFile(file string) error {
	return os.WriteFile(file, []byte(c.text.String()+"</svg>\n"), 0o644)
}
