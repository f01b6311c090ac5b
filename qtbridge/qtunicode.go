package qtbridge

import (
	"bytes"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// mark is a byte order mark, which Qt drops at the start.
const mark = "\uFEFF"

// qtUTF16 is UTF-16 as Qt has it: written without a mark, and read with one as
// the mark says.
type qtUTF16 struct {
	name  string
	order unicode.Endianness
}

func (u qtUTF16) NewEncoder() *encoding.Encoder {
	return unicode.UTF16(u.order, unicode.IgnoreBOM).NewEncoder()
}

func (u qtUTF16) NewDecoder() *encoding.Decoder {
	return unicode.UTF16(u.order, unicode.UseBOM).NewDecoder()
}

func (u qtUTF16) String() string { return u.name }

// qtUTF8 is UTF-8 as Qt has it.
type qtUTF8 struct{}

func (qtUTF8) NewEncoder() *encoding.Encoder { return unicode.UTF8.NewEncoder() }

func (qtUTF8) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: &utf8Decoder{Transformer: runes.ReplaceIllFormed()}}
}

func (qtUTF8) String() string { return "UTF-8" }

// utf8Decoder drops a mark, and replaces each byte that is no text, where
// unicode.UTF8BOM would replace a cut off character as a whole. It is given all
// bytes at once.
type utf8Decoder struct {
	transform.Transformer
	begun bool
}

func (d *utf8Decoder) Reset() {
	d.Transformer.Reset()
	d.begun = false
}

func (d *utf8Decoder) Transform(dst, src []byte, atEOF bool) (written, read int, err error) {
	skipped := 0
	if !d.begun && bytes.HasPrefix(src, []byte(mark)) {
		skipped = len(mark)
	}
	d.begun = true
	written, read, err = d.Transformer.Transform(dst, src[skipped:], atEOF)
	return written, skipped + read, err
}
