package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCmd writes the manual pages; scripts/man runs it.
func (a *app) manCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Hidden:  true,
		Short:   "write the manual pages",
		Example: "  qtshm man docs/man",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			for _, page := range manPages(c.Root()) {
				file := filepath.Join(args[0], manName(page)+".1")
				if err := os.WriteFile(file, []byte(manPage(page, manDate())), 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// manPages are the commands that have a page.
func manPages(root *cobra.Command) []*cobra.Command {
	pages := []*cobra.Command{root}
	for _, c := range root.Commands() {
		if !c.Hidden && c.Name() != "help" && c.Name() != "completion" {
			pages = append(pages, c)
		}
	}
	return pages
}

func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manDate is the month that the pages are of.
func manDate() string {
	at := time.Now()
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		at = time.Unix(seconds, 0)
	}
	return at.UTC().Format("Jan 2006")
}

// manPage is the page of a command, as man(7) has it.
func manPage(c *cobra.Command, date string) string {
	var page strings.Builder
	fmt.Fprintf(&page, ".TH %q \"1\" %q \"qtinterop\" \"qtinterop\"\n.nh\n", strings.ToUpper(manName(c)), date)
	section := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&page, ".SH %s\n%s", title, text)
		}
	}
	section("NAME", roff(manName(c)+" - "+c.Short))
	use := c.UseLine()
	if !c.HasParent() {
		use = "qtshm COMMAND [flags]"
	}
	section("SYNOPSIS", ".B "+roff(use))
	about := c.Long
	switch {
	case !c.HasParent():
		about, _, _ = strings.Cut(about, "\nExit status: ") // which has a section
	case about == "":
		about = "qtshm " + c.Name() + " prints " + c.Short + "."
	}
	section("DESCRIPTION", manText(about))
	section("OPTIONS", manFlags(c))
	if c.Example != "" {
		section("EXAMPLES", ".EX\n"+roff(c.Example)+".EE\n")
	}
	section("EXIT STATUS", manStatuses())
	section("SEE ALSO", roff(strings.Join(seeAlso(c), ", ")))
	return page.String()
}

// roff is text that troff shows as it is, and a newline.
func roff(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		line = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(line)
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n") + "\n"
}

// manText is the text of a help: paragraphs, and tables that are indented.
func manText(text string) string {
	var out strings.Builder
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			out.WriteString(".PP\n")
		}
		indented := false
		for line := range strings.Lines(paragraph) {
			if is := strings.HasPrefix(line, "  "); is != indented {
				indented = is
				out.WriteString(map[bool]string{true: ".EX\n", false: ".EE\n"}[is])
			}
			out.WriteString(roff(line))
		}
		if indented {
			out.WriteString(".EE\n")
		}
	}
	return out.String()
}

func manFlags(c *cobra.Command) string {
	var out strings.Builder
	flag := func(f *pflag.Flag) {
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			name += " " + value
		}
		out.WriteString(".TP\n.B " + roff(name) + roff(usage))
	}
	c.InitDefaultHelpFlag()
	c.LocalFlags().VisitAll(flag)
	c.InheritedFlags().VisitAll(flag)
	return out.String()
}

// manStatuses is exitText as a list.
func manStatuses() string {
	var out strings.Builder
	for status := range strings.SplitSeq(strings.ReplaceAll(exitText, "\n", " "), ", ") {
		number, means, _ := strings.Cut(status, " ")
		if number == "any" {
			number, means = "any other", strings.TrimPrefix(means, "other ")
		}
		out.WriteString(".TP\n.B " + roff(number) + roff(means))
	}
	return out.String()
}

// seeAlso are the pages that a page names, all of which exist.
func seeAlso(c *cobra.Command) []string {
	if !c.HasParent() {
		var all []string
		for _, page := range manPages(c)[1:] {
			all = append(all, manName(page)+"(1)")
		}
		return all
	}
	others := map[string]string{"lock": "flock(1)", "info": "ipcs(1)", "ls": "ipcs(1)", "get": "hexdump(1)", "guess": "file(1)", "rm": "ipcrm(1)"}
	also := []string{"qtshm(1)"}
	if other, ok := others[c.Name()]; ok {
		also = append(also, other)
	}
	return also
}
