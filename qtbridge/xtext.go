package qtbridge

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

func (e Encoding) encodeByXText(text string) ([]byte, error) {
	data, at, err := transform.Bytes(e.text.NewEncoder(), []byte(text))
	if err != nil && e.replacing {
		// All at once, as some encodings have states; and not by
		// encoding.ReplaceUnsupported, whose replacement is often not a ?.
		text = e.questioned(text)
		data, at, err = transform.Bytes(e.text.NewEncoder(), []byte(text))
	}
	if err != nil {
		return nil, e.unmappable(text, at)
	}
	return data, nil
}

// questioned is text with a ? for each QChar that e does not have.
func (e Encoding) questioned(text string) string {
	var b strings.Builder
	for text != "" {
		_, at, err := transform.String(e.text.NewEncoder(), text)
		if err == nil {
			break
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		b.WriteString(text[:at] + strings.Repeat("?", utf16.RuneLen(r)))
		text = text[at+size:]
	}
	return b.String() + text
}

func (e Encoding) decodeByXText(data []byte) (string, error) {
	text, err := e.text.NewDecoder().Bytes(data)
	if err != nil {
		return "", &Error{Op: "decode", Code: ErrText, Err: err,
			Msg: err.Error() + "; use the encoding that the peer writes"}
	}
	if !e.replacing && bytes.ContainsRune(text, utf8.RuneError) {
		if at := e.indexUndecodable(data); at >= 0 {
			return "", e.undecodable(data, at)
		}
	}
	return string(text), nil
}

// indexUndecodable returns the offset of the first bytes that are no text, or
// -1. Decoders of x/text do not tell: they make U+FFFD of them, which can also
// have been written.
func (e Encoding) indexUndecodable(data []byte) int {
	decoder := e.text.NewDecoder()
	written := e.bytesOf(string(utf8.RuneError)) // perhaps after a mark or the like
	for at := 0; at < len(data); {
		r, read := decodeOne(decoder, data[at:])
		wasWritten := len(written) > 0 && bytes.HasSuffix(data[at:at+read], written)
		if read == 0 || r == string(utf8.RuneError) && !wasWritten {
			return at
		}
		at += read
	}
	return -1
}

// decodeOne decodes so little that a U+FFFD comes alone: a decoder that has no
// room for a character keeps its bytes for the next call.
func decodeOne(decoder *encoding.Decoder, data []byte) (text string, read int) {
	var room [utf8.UTFMax]byte
	for _, size := range []int{len(string(utf8.RuneError)), len(room)} {
		n, read, _ := decoder.Transform(room[:size], data, true)
		if read > 0 {
			return string(room[:n]), read
		}
	}
	return "", 0
}

// width is the number of bytes of a NUL.
func (e Encoding) width() int {
	if e.text == nil {
		return 1
	}
	return max(1, len(e.bytesOf("\x00")))
}

// bytesOf is a character as it is within a text, after a byte order mark if the
// encoding writes one. It is empty if the encoding does not have it.
func (e Encoding) bytesOf(character string) []byte {
	before, _ := e.text.NewEncoder().Bytes([]byte("a"))
	with, err := e.text.NewEncoder().Bytes([]byte("a" + character))
	if err != nil {
		return nil
	}
	return with[len(before):]
}
