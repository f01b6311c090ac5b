package qtbridge

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encoding turns text into the bytes that a Qt program has of it, and back. A
// segment holds bytes alone: both programs must use the same encoding. The zero
// Encoding is [Local8Bit].
//
// Text is a Go string in UTF-8. What cannot be converted is an [ErrText] that
// tells where, unless the Encoding is [Encoding.Replacing]. No method blocks,
// and any goroutine may call it. Encodings can be compared with ==.
type Encoding struct {
	text      encoding.Encoding // nil: Local8Bit, by Qt
	replacing bool
}

// The encodings that QString has functions for. Decoding UTF-8 and UTF-16 drops
// a byte order mark (U+FEFF) at the start, as those do; in UTF-16 one of the
// other byte order also turns the order around. Encoding adds none.
var (
	// Local8Bit is what toLocal8Bit() and fromLocal8Bit() of the Qt that this
	// program links make. On Linux that is UTF-8: with Qt 6 always, with Qt 5
	// as Debian builds it in any locale. On Windows it is the system's ANSI code
	// page. It is not what a program on another system or with
	// QTextCodec::setCodecForLocale() has: see [XText]. It needs Qt: without it
	// there is an [ErrUnavailable].
	Local8Bit Encoding

	// UTF8 is toUtf8() and fromUtf8().
	UTF8 = XText(qtUTF8{})

	// UTF16LE is utf16() and fromUtf16(), or the QChars of a QString, on
	// processors that have the low byte first: x86, and ARM as used.
	UTF16LE = XText(qtUTF16{"UTF-16LE", unicode.LittleEndian})

	// UTF16BE is the same with the high byte first.
	UTF16BE = XText(qtUTF16{"UTF-16BE", unicode.BigEndian})

	// Latin1 is toLatin1() and fromLatin1().
	Latin1 = XText(charmap.ISO8859_1)
)

// XText is any encoding of golang.org/x/text, for what a Qt program makes with
// QTextCodec, QStringEncoder, or toLocal8Bit() on Windows, where it depends on
// the language of the system: simplifiedchinese.GBK in China, japanese.ShiftJIS
// in Japan, charmap.Windows1252 in the west of Europe.
func XText(e encoding.Encoding) Encoding { return Encoding{text: e} }

// Replacing is e with replacements instead of errors: a ? for each QChar that
// the encoding does not have, as toLatin1() puts it (QTextCodec and QStringEncoder
// may put something else), and U+FFFD for bytes that are no text. With Local8Bit
// it is what Qt puts. Each byte of a Go string that is not UTF-8 counts as
// U+FFFD.
func (e Encoding) Replacing() Encoding {
	e.replacing = true
	return e
}

// String is the name of e.
func (e Encoding) String() string {
	name := "Local8Bit"
	if e.text != nil {
		name = fmt.Sprint(e.text)
	}
	if e.replacing {
		name += " (replacing)"
	}
	return name
}

// Encode returns text as bytes, without a NUL at the end. A QByteArray of them
// has the same size().
func (e Encoding) Encode(text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		if !e.replacing {
			return nil, notUTF8(text)
		}
		text = string([]rune(text))
	}
	if e.text == nil {
		return e.encodeByQt(text)
	}
	return e.encodeByXText(text)
}

// Decode returns all of data as text. A NUL is a character like others. On
// Windows, data of whole pages of 4096 bytes counts as a segment, and the zeros
// at the end of the last page, after its first character, as padding: they are no
// part of the text. So a segment of exactly its text gives that text everywhere.
func (e Encoding) Decode(data []byte) (string, error) {
	data = unpadded(data, e.width(), systemOf(Key{}).Traits().Page)
	if e.text == nil {
		return e.decodeByQt(data)
	}
	return e.decodeByXText(data)
}

// unpadded is data without the zeros, in characters of width bytes, that fill the
// last page of a segment. One character of that page is text: else there would be
// one page less.
func unpadded(data []byte, width, page int) []byte {
	if page == 1 || len(data) == 0 || len(data)%page != 0 {
		return data
	}
	for end := len(data); end > len(data)-page+width; end -= width {
		if !isZero(data[end-width : end]) {
			return data[:end]
		}
	}
	return data[:len(data)-page+width]
}

// DecodeToNUL returns data up to the first NUL character, or to the end if there
// is none: for segments that are larger than their text and zero after it. In
// UTF-16 that is two zero bytes at an even offset. It is what
// fromLocal8Bit(data) and fromUtf16(data) without a size read, but never beyond
// the end.
func (e Encoding) DecodeToNUL(data []byte) (string, error) {
	return e.Decode(data[:indexNUL(data, e.width())])
}

// indexNUL returns the offset of the first NUL of width bytes, or the length.
func indexNUL(data []byte, width int) int {
	nul := make([]byte, width)
	for at := 0; ; at++ {
		next := bytes.Index(data[at:], nul)
		if next < 0 {
			return len(data)
		}
		if at += next; at%width == 0 {
			return at
		}
	}
}

// notUTF8 is the error of a Go string that has bytes which are no text.
func notUTF8(text string) error {
	for at, r := range text {
		if _, n := utf8.DecodeRuneInString(text[at:]); r == utf8.RuneError && n == 1 {
			return textError("encode", "the byte %#02x at %d is not UTF-8, which Go has text in; "+
				"decode it first by the encoding it is in, or use Replacing to have U+FFFD instead", text[at], at)
		}
	}
	return nil
}

// unmappable is the error of a character that e does not have.
func (e Encoding) unmappable(text string, at int) error {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return textError("encode", "%v does not have the character %#U at byte %d of the text; "+
		"use an encoding that has it and that the peer reads, or Replacing to have ? instead", e, r, at)
}

// undecodable is the error of bytes that are no text.
func (e Encoding) undecodable(data []byte, at int) error {
	return textError("decode", "the bytes % x at %d of %d are not %v; "+
		"use the encoding that the peer writes, or Replacing to have U+FFFD instead",
		data[at:min(at+4, len(data))], at, len(data), e)
}

func textError(op, format string, args ...any) error {
	return &Error{Op: op, Code: ErrText, Msg: fmt.Sprintf(format, args...)}
}
