package main

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/ianaindex"

	"qtinterop/qtbridge"
)

// textEncoding is the flag --encoding.
type textEncoding struct {
	name string
	qtbridge.Encoding
}

const encodingUsage = "`encoding` of text: local8bit, utf-8, utf-16le, utf-16be, latin1, or an IANA name such as GBK"

// encodingNames are those that a shell completes.
var encodingNames = []string{"local8bit", "utf-8", "utf-16le", "utf-16be", "latin1", "GBK", "Shift_JIS", "windows-1252"}

// qtEncodings are those that QString has functions for.
var qtEncodings = map[string]qtbridge.Encoding{
	"local8bit": qtbridge.Local8Bit,
	"utf8":      qtbridge.UTF8,
	"utf16":     qtbridge.UTF16LE, // QString::utf16() on x86 and ARM
	"utf16le":   qtbridge.UTF16LE,
	"utf16be":   qtbridge.UTF16BE,
	"latin1":    qtbridge.Latin1,
	"iso88591":  qtbridge.Latin1,
}

// Set, String and Type make it a flag.
func (e *textEncoding) Set(name string) error {
	plain := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
	if encoding, ok := qtEncodings[plain]; ok {
		*e = textEncoding{name, encoding}
		return nil
	}
	found, err := ianaindex.IANA.Encoding(name)
	if err != nil || found == nil {
		return fmt.Errorf("there is no encoding %q; known are local8bit, utf-8, utf-16le, utf-16be, latin1, and IANA names such as GBK, Shift_JIS or windows-1252", name)
	}
	*e = textEncoding{name, qtbridge.XText(found)}
	return nil
}

func (e *textEncoding) String() string { return e.name }

func (e *textEncoding) Type() string { return "encoding" }

// textOf is data up to the first NUL as text, or nil if it is none: it has characters
// that control something, or is empty with other bytes behind.
func textOf(data []byte, e qtbridge.Encoding) *string {
	text, err := e.DecodeToNUL(data)
	if err != nil || strings.ContainsFunc(text, isControl) || text == "" && len(bytes.Trim(data, "\x00")) > 0 {
		return nil
	}
	return &text
}

func isControl(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }

// nulOf is what ends a text: as many zero bytes as another character has.
func nulOf(e qtbridge.Encoding) []byte {
	letter, err := e.Encode("A")
	if err != nil {
		return []byte{0}
	}
	return make([]byte, len(letter))
}

// endOfText is where the first NUL of data is, or its length.
func endOfText(data []byte, e qtbridge.Encoding) int {
	nul := nulOf(e)
	for at := 0; at+len(nul) <= len(data); at += len(nul) {
		if bytes.Equal(data[at:at+len(nul)], nul) {
			return at
		}
	}
	return len(data)
}
