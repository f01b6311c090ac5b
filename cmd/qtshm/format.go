package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"qtinterop/qtbridge"
)

// format is how bytes are shown, or what is written.
type format string

// The formats.
const (
	asRaw   format = "raw"
	asHex   format = "hex"
	asText  format = "text"
	asJSON  format = "json"
	asImage format = "image"

	asDataStream format = "datastream"
)

// The formats that bytes can be shown in, and those that data can be given in.
var (
	shownFormats = []format{asRaw, asHex, asText, asJSON, asImage, asDataStream}
	givenFormats = []format{asImage, asDataStream}
)

// showing is the flag --as: a format, and what belongs to it behind a colon.
type showing struct {
	format
	known []format
	text  string // as it was given

	frame  rawFrame
	stream streamVersion
}

// Set, String and Type make it a flag.
func (s *showing) Set(text string) error {
	name, detail, hasDetail := strings.Cut(text, ":")
	if !slices.Contains(s.known, format(name)) {
		return fmt.Errorf("there is no format %q; known are %s", name, strings.Join(s.names(), ", "))
	}
	s.format, s.text = format(name), text
	switch {
	case !hasDetail:
		s.frame, s.stream = rawFrame{}, streamVersion{}
		return nil
	case s.format == asImage:
		return s.frame.parse(detail)
	case s.format == asDataStream:
		return s.stream.parse(detail)
	}
	return fmt.Errorf("nothing belongs behind %s; write --as %s", name, name)
}

func (s *showing) String() string { return s.text }
func (s *showing) Type() string   { return "format" }

func (s *showing) names() []string {
	var names []string
	for _, f := range s.known {
		names = append(names, string(f))
	}
	return names
}

// addShowing adds the flags that say how bytes are shown.
func addShowing(c *cobra.Command, as *showing, encoding *textEncoding, otherwise string) {
	as.known = shownFormats
	c.Flags().Var(as, "as", "print the bytes as `format` raw, hex, text, json, image or datastream; otherwise "+otherwise)
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
		if isTerminal(w) {
			text = strings.Map(harmless, text)
		}
		_, err = io.WriteString(w, text+"\n")
		return err
	}
	_, err := w.Write(data)
	return err
}

// harmless is r, or a ? for what a terminal may obey.
func harmless(r rune) rune {
	if isControl(r) {
		return '?'
	}
	return r
}

// writeJSON writes v as one line.
func writeJSON(w io.Writer, v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeControls(text.Bytes()))
	return err
}

// escapeControls has the control characters in JSON as \u009b: of those from U+007F on
// package json thinks that they can be printed, and a terminal obeys some.
func escapeControls(text []byte) []byte {
	isControl := func(r rune) bool { return r >= 0x7f && r <= 0x9f }
	if bytes.IndexFunc(text, isControl) < 0 {
		return text
	}
	var out []byte
	for _, r := range string(text) {
		if isControl(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}
