package main

import (
	"bytes"
	"fmt"
	"io"
)

// hexDump writes bytes as hexdump -C does: 16 a line, and a * for lines like the
// one before.
type hexDump struct {
	w       io.Writer
	offset  int64 // of the line that is being filled
	line    []byte
	last    []byte // the line before, for the *
	starred bool
	out     bytes.Buffer
}

func newHexDump(w io.Writer, offset int64) *hexDump { return &hexDump{w: w, offset: offset} }

// Write dumps the lines that data completes.
func (d *hexDump) Write(data []byte) (int, error) {
	for rest := data; len(rest) > 0; {
		n := min(16-len(d.line), len(rest))
		d.line = append(d.line, rest[:n]...)
		rest = rest[n:]
		if len(d.line) == 16 {
			d.endLine()
		}
	}
	return len(data), d.flush()
}

// Close dumps what is left, and the offset of the end.
func (d *hexDump) Close() error {
	if len(d.line) > 0 {
		d.endLine()
	}
	fmt.Fprintf(&d.out, "%08x\n", d.offset)
	return d.flush()
}

func (d *hexDump) flush() error {
	_, err := d.w.Write(d.out.Bytes())
	d.out.Reset()
	return err
}

func (d *hexDump) endLine() {
	switch same := bytes.Equal(d.line, d.last); {
	case !same:
		d.writeLine()
		d.starred = false
	case !d.starred:
		d.out.WriteString("*\n")
		d.starred = true
	}
	d.offset += int64(len(d.line))
	d.last = append(d.last[:0], d.line...)
	d.line = d.line[:0]
}

func (d *hexDump) writeLine() {
	const digits = "0123456789abcdef"
	fmt.Fprintf(&d.out, "%08x", d.offset)
	for i := range 16 {
		if i%8 == 0 {
			d.out.WriteByte(' ')
		}
		if i >= len(d.line) {
			d.out.WriteString("   ")
			continue
		}
		d.out.Write([]byte{' ', digits[d.line[i]>>4], digits[d.line[i]&15]})
	}
	d.out.WriteString("  |")
	for _, c := range d.line {
		if c < ' ' || c > '~' {
			c = '.'
		}
		d.out.WriteByte(c)
	}
	d.out.WriteString("|\n")
}
