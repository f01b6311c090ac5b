package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// format is the flag --as: how bytes are shown.
type format string

// The formats.
const (
	asRaw  format = "raw"
	asHex  format = "hex"
	asText format = "text"
	asJSON format = "json"
)

func formatNames() []string {
	return []string{string(asRaw), string(asHex), string(asText), string(asJSON)}
}

// Set, String and Type make it a flag.
func (f *format) Set(name string) error {
	if !slices.Contains(formatNames(), name) {
		return fmt.Errorf("there is no format %q; known are raw, hex, text and json", name)
	}
	*f = format(name)
	return nil
}

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "format" }

// addShowing adds the flags that say how bytes are shown.
func addShowing(c *cobra.Command, as *format, encoding *textEncoding, otherwise string) {
	c.Flags().Var(as, "as", "print the bytes as `format` raw, hex, text or json; otherwise "+otherwise)
	c.Flags().Var(encoding, "encoding", encodingUsage)
}

// chosen is as, or what --json says.
func (a *app) chosen(as format) (format, error) {
	switch {
	case !a.json:
		return as, nil
	case as == "" || as == asJSON:
		return asJSON, nil
	}
	return "", usagef("--json and --as %s contradict each other; give one of them", as)
}

// writeAs writes data in a format other than json to w. offset is where in the
// segment data begins.
func writeAs(w io.Writer, as format, data []byte, offset int64, e qtbridge.Encoding) error {
	switch as {
	case asHex:
		dump := newHexDump(w, offset)
		if _, err := dump.Write(data); err != nil {
			return err
		}
		return dump.Close()
	case asText:
		text, err := e.DecodeToNUL(data)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, text+"\n")
		return err
	}
	_, err := w.Write(data)
	return err
}

// writeJSON writes v as one line.
func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
