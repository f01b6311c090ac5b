package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge/layout"
)

// structFormat is the flag --format: bytes as the fields of a C++ struct.
type structFormat struct {
	text   string
	layout *layout.Layout
}

// Set, String and Type make it a flag.
func (f *structFormat) Set(text string) error {
	f.text = text
	if path, isFile := strings.CutPrefix(text, "@"); isFile {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text = string(content)
	}
	l, err := layout.Parse(text, layout.Options{})
	if err != nil {
		return fmt.Errorf("%w (see qtshm help get)", err)
	}
	f.layout = l
	return nil
}

func (f *structFormat) String() string { return f.text }
func (f *structFormat) Type() string   { return "layout" }

func (f *structFormat) addFlag(c *cobra.Command) {
	c.Flags().Var(f, "format", "print the fields of a C++ struct as JSON: the `layout`, as 'u32 magic; f64 temp; char[16] name', or @FILE")
}

// isGiven tells whether there is a --format.
func (f *structFormat) isGiven() bool { return f.layout != nil }

// agreesWith tells whether bytes can be printed as values and by --as.
func (f *structFormat) agreesWith(as format) error {
	if f.isGiven() && as != "" && as != asJSON {
		return usagef("--format and --as %s contradict each other; give one of them", as)
	}
	return nil
}

// limit is how many of so many bytes the struct has.
func (f *structFormat) limit(length int64) int64 {
	if f.isGiven() {
		return min(length, int64(f.layout.Size()))
	}
	return length
}

// values are the fields in data, nil without a --format.
func (f *structFormat) values(data []byte) (layout.Record, error) {
	if !f.isGiven() {
		return nil, nil
	}
	return f.layout.Decode(data)
}
