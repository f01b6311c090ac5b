package main

import (
	numbers "encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// contentFormat is how bytes are shown.
type contentFormat int

const (
	formatHex contentFormat = iota
	formatText
	formatUTF16
	formatInt32
	formatInt64
	formatDouble
	contentFormats // how many there are
)

var contentFormatTexts = [...]string{"hex", "text, UTF-8", "text, UTF-16", "32-bit numbers", "64-bit numbers", "doubles"}

func (f contentFormat) String() string { return contentFormatTexts[f] }

// contentPage is content in lines of a width. Each line is made when it is asked for,
// but those of text, which all depend on those before.
type contentPage struct {
	format       contentFormat
	data, before []byte // before is nil if there was none
	width        int
	text         []string // in the formats that are text
}

func newContentPage(format contentFormat, data, before []byte, width int) *contentPage {
	p := &contentPage{format: format, data: data, before: before, width: width}
	if format == formatText || format == formatUTF16 {
		p.text = p.textLines()
	}
	return p
}

// count is how many lines there are.
func (p *contentPage) count() int {
	if p.text != nil {
		return len(p.text)
	}
	n := p.perLine()
	return (len(p.data) + n - 1) / n
}

func (p *contentPage) line(i int) string {
	switch {
	case p.text != nil:
		return p.text[i]
	case p.format == formatHex:
		return p.hexLine(i * p.perLine())
	}
	return p.numberLine(i * p.perLine())
}

// lines are n lines from the first on, or as many as there are.
func (p *contentPage) lines(first, n int) []string {
	var lines []string
	for i := first; i < min(first+n, p.count()); i++ {
		lines = append(lines, p.line(i))
	}
	return lines
}

// offsetWidth is that of what a line begins with.
const offsetWidth = 8

// numberSizes are how many bytes a number has, and how many columns one takes.
var numberSizes = map[contentFormat]struct{ bytes, columns int }{
	formatInt32: {4, 12}, formatInt64: {8, 21}, formatDouble: {8, 14},
}

// perLine is how many bytes fit in a line.
func (p *contentPage) perLine() int {
	if size, ok := numberSizes[p.format]; ok {
		return max((p.width-offsetWidth)/size.columns, 1) * size.bytes
	}
	// 12 + 4n + n/8 columns, as of hexdump -C
	if n := (p.width - 12) * 8 / 33 / 8 * 8; n > 0 {
		return n
	}
	return max((p.width-13)/4, 1)
}

// changed tells whether one of n bytes at i is not as it was before.
func (p *contentPage) changed(i, n int) bool {
	if p.before == nil {
		return false
	}
	for end := i + n; i < end; i++ {
		if i >= len(p.before) || p.data[i] != p.before[i] {
			return true
		}
	}
	return false
}

const (
	inverse = "\x1b[7m"
	normal  = "\x1b[0m"
)

// mark marks a cell of n bytes at i if they have changed.
func (p *contentPage) mark(cell string, i, n int) string {
	if p.changed(i, n) {
		return inverse + cell + normal
	}
	return cell
}

func (p *contentPage) hexLine(from int) string {
	n := p.perLine()
	var hex, text strings.Builder
	for i := from; i < from+n; i++ {
		if (i-from)%8 == 0 {
			hex.WriteByte(' ')
		}
		if i >= len(p.data) {
			hex.WriteString("   ")
			continue
		}
		c := rune(p.data[i])
		hex.WriteString(" " + p.mark(fmt.Sprintf("%02x", c), i, 1))
		if c < ' ' || c > '~' {
			c = '.'
		}
		text.WriteString(p.mark(string(c), i, 1))
	}
	return fmt.Sprintf("%08x%s  |%s|", from, hex.String(), text.String())
}

func (p *contentPage) numberLine(from int) string {
	size := numberSizes[p.format]
	var line strings.Builder
	fmt.Fprintf(&line, "%08x", from)
	end := min(from+p.perLine(), len(p.data))
	for i := from; i < end; i += size.bytes {
		n := min(size.bytes, end-i)
		text := fmt.Sprintf("% x", p.data[i:i+n]) // of what is no whole number
		if n == size.bytes {
			text = p.number(p.data[i:])
		}
		line.WriteString(strings.Repeat(" ", max(size.columns-len(text), 1)) + p.mark(text, i, n))
	}
	return line.String()
}

// number is the number that data begins with, in the byte order of the machine.
func (p *contentPage) number(data []byte) string {
	switch p.format {
	case formatInt32:
		return strconv.Itoa(int(int32(numbers.NativeEndian.Uint32(data))))
	case formatInt64:
		return strconv.FormatInt(int64(numbers.NativeEndian.Uint64(data)), 10)
	}
	return strconv.FormatFloat(math.Float64frombits(numbers.NativeEndian.Uint64(data)), 'g', 6, 64)
}

// maxText is how many bytes are shown as text.
const maxText = 64 << 10

// textLines are the lines of the text up to the first NUL, broken where they are too
// long, and a line that says what follows.
func (p *contentPage) textLines() []string {
	lines, used := []string{}, 0
	var line strings.Builder
	end := func() {
		lines, used = append(lines, line.String()), 0
		line.Reset()
	}
	i := 0
	for i < min(len(p.data), maxText) {
		r, size := p.runeAt(i)
		if r == 0 {
			break
		}
		switch r {
		case '\n':
			end()
		case '\r':
		default:
			letter := printable(strings.ReplaceAll(string(r), "\t", " "))
			width := ansi.StringWidth(letter)
			if used+width > p.width {
				end()
			}
			line.WriteString(p.mark(letter, i, size))
			used += width
		}
		i += size
	}
	if line.Len() > 0 || i == 0 {
		end()
	}
	if rest := len(p.data) - i; rest > 0 && !isZero(p.data[i:]) {
		lines = append(lines, fmt.Sprintf("(and %d bytes more, from offset %#x on)", rest, i))
	}
	return lines
}

// runeAt is the letter at i, and how many bytes it has.
func (p *contentPage) runeAt(i int) (rune, int) {
	rest := p.data[i:]
	switch {
	case p.format == formatText:
		return utf8.DecodeRune(rest)
	case len(rest) < 2:
		return utf8.RuneError, len(rest)
	}
	first := rune(numbers.NativeEndian.Uint16(rest))
	if !utf16.IsSurrogate(first) {
		return first, 2
	}
	if len(rest) >= 4 {
		if r := utf16.DecodeRune(first, rune(numbers.NativeEndian.Uint16(rest[2:]))); r != utf8.RuneError {
			return r, 4
		}
	}
	return utf8.RuneError, 2
}

func isZero(data []byte) bool {
	for _, c := range data {
		if c != 0 {
			return false
		}
	}
	return true
}
