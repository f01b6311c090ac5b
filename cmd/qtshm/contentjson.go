package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
)

// contentJSON is what get and watch print of bytes, after their own fields. It is
// written piece by piece: there is no second copy of the bytes in memory.
type contentJSON struct {
	data   io.Reader // nil if there are none
	text   *string   // nil if the bytes are no text
	values any       // nil without --format
}

// writeTo writes one line: the fields of head, base64, and text and
// values where there are some.
func (c *contentJSON) writeTo(w io.Writer, head any) error {
	var fields bytes.Buffer
	if err := writeJSON(&fields, head); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.Write(bytes.TrimSuffix(fields.Bytes(), []byte("}\n")))
	_, _ = out.WriteString(`,"base64":`)
	if err := writeBase64(out, c.data); err != nil {
		return err
	}
	if c.text != nil {
		_, _ = out.WriteString(`,"text":`)
		if err := writeField(out, *c.text); err != nil {
			return err
		}
	}
	if c.values != nil {
		_, _ = out.WriteString(`,"values":`)
		if err := writeField(out, c.values); err != nil {
			return err
		}
	}
	_, _ = out.WriteString("}\n")
	return out.Flush() // also says what went wrong before
}

func writeBase64(out *bufio.Writer, data io.Reader) error {
	if data == nil {
		_, err := out.WriteString("null")
		return err
	}
	_ = out.WriteByte('"')
	encoder := base64.NewEncoder(base64.StdEncoding, out)
	if _, err := io.CopyBuffer(encoder, struct{ io.Reader }{data}, make([]byte, chunkSize)); err != nil {
		return err
	}
	_ = encoder.Close()
	return out.WriteByte('"')
}

// writeField writes what a field has, as JSON.
func writeField(out *bufio.Writer, v any) error {
	var text bytes.Buffer
	if err := writeJSON(&text, v); err != nil {
		return err
	}
	_, err := out.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	return err
}
