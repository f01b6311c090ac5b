//go:build linux

package pairs

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"qtinterop/internal/conformance"
)

//go:embed pagehead.html
var pageHead string

// WritePage writes one file of HTML that needs no other, and no script: a link to the
// evidence of a cell shows it.
func (r *Report) WritePage(w io.Writer) error {
	p := &page{Report: r}
	p.text.WriteString(pageHead)
	p.writeSummary()
	for i := range r.Tables {
		p.writeTable(&r.Tables[i])
	}
	p.writeReasons()
	for _, cell := range r.Entries() {
		p.writeEvidence(cell)
	}
	p.f("</body>\n</html>\n")
	_, err := io.WriteString(w, p.text.String())
	return err
}

// page is a page under way. It is written without a package for templates: with one,
// every program that can write a page, as qtshm, is a fifth larger and starts later.
type page struct {
	*Report
	text strings.Builder
}

// f is Printf of markup, with arguments that are text.
func (p *page) f(markup string, args ...any) {
	for i, arg := range args {
		switch arg := arg.(type) {
		case int, float64:
		default:
			args[i] = html.EscapeString(fmt.Sprint(arg))
		}
	}
	fmt.Fprintf(&p.text, markup, args...)
}

// or is a text with markup around it, if there is one.
func (p *page) or(markup, text string) {
	if text != "" {
		p.f(markup, text)
	}
}

func (p *page) writeSummary() {
	p.f("<p>%s, commit %s", p.Date, p.Commit)
	if p.Quick {
		p.f(", the quick form: one payload a cell")
	}
	p.f(". %s, in %.0f s if one cell is played after the other.\n", p.Counts, p.Seconds)
	p.f("Each cell is a Go program and a Qt program, or two Qt programs, that play a list of rows, alone in an IPC namespace. A cell leads to its evidence: what both did, row by row.</p>\n")
	p.f(`<p class="faint"><em>Impossible</em> is what the Qt of one side cannot do, whoever uses it; the letter leads to the reason. <em>6.4.2, run with 6.8.2</em> is one binary, built with the first and run with the libraries of the second.</p>` + "\n")
}

func (p *page) writeTable(t *table) {
	p.f("<h2>%s</h2>\n", t.Kind)
	p.f(`<div class="wide" tabindex="0" role="region" aria-label="%s"><table>`+"\n", t.Kind)
	p.f(`<thead><tr><th scope="col">%s</th>`, t.Corner)
	for _, column := range t.Columns {
		p.f(`<th scope="col">%s</th>`, column.Name())
	}
	p.f("</tr></thead>\n<tbody>")
	for _, line := range t.Lines {
		p.f("\n"+`<tr><th scope="row">%s</th>`, line.Program.Name())
		for _, cell := range line.Cells {
			p.f("<td>")
			if cell != nil {
				p.writeCell(cell)
			}
			p.f("</td>")
		}
		p.f("</tr>")
	}
	p.f("\n</tbody></table></div>\n")
}

func (p *page) writeCell(e *entry) {
	p.f(`<a class="cell" href="#%s" aria-label="%s: %s">`+"\n", e.ID, e.Title(), e.Counts)
	for _, part := range []struct {
		n      int
		markup string
	}{
		{e.Counts.Failed, `<span class="failed">✗ %d failed</span> `},
		{e.Counts.Passed, `<span class="passed">✓ %d passed</span> `},
		{e.Counts.Impossible, `<span class="impossible">– %d impossible</span> `},
	} {
		if part.n > 0 {
			p.f(part.markup, part.n)
		}
	}
	p.f("</a>")
	p.or(`<span class="failed">%s</span> `, strings.Join(e.Failed, "; "))
	for _, reason := range e.Reasons {
		p.f(`<a class="impossible" href="#reason-%[1]s" aria-label="reason %[1]s">(%[1]s)</a>`, reason.Letter)
	}
}

func (p *page) writeReasons() {
	p.f("<h2>What is impossible in Qt itself</h2>\n")
	for _, reason := range p.Reasons {
		p.f(`<div id="reason-%[1]s">`+"\n<p><strong>%[1]s.</strong> %[2]s.</p>\n", reason.Letter, reason.Text)
		p.f("<ul><li>rows: %s (%s)</li>", p.RowsOf(reason), strings.Join(reason.Kinds, ", "))
		for _, says := range reason.Says {
			p.f("<li>this library: %s</li>", says)
		}
		p.f("</ul>\n</div>")
	}
	if len(p.Reasons) == 0 {
		p.f("<p>Nothing.</p>")
	}
	p.f("\n</main>\n")
}

func (p *page) writeEvidence(e *entry) {
	p.f(`<section class="evidence" id="%s" aria-label="Evidence">`+"\n<h2>%s</h2>\n", e.ID, e.Title())
	p.f(`<p>%s, in %.1f s, on %s UTC. <a href="#top">Back to the tables</a></p>`+"\n", e.Counts, e.Seconds, e.Begun.UTC().Format("2006-01-02 15:04:05"))
	for _, result := range e.Results {
		open := ""
		if result.Status == conformance.Failed {
			open = " open"
		}
		p.f(`<details%[1]s><summary><span class="%[2]s">%[2]s</span>: %[3]s <span class="faint">(%.2[4]f s)</span></summary>`+"\n",
			open, result.Status, result.Row, result.Seconds)
		p.or("<p>Qt: %s.</p>\n", result.Documented)
		p.or("<p>%s</p>\n", result.Reason)
		p.or("<p>This library: %s</p>\n", result.Says)
		p.f(`<pre class="transcript">%s</pre>`+"\n</details>\n", transcript(result))
	}
	p.f("</section>\n")
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
