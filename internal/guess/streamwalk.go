package guess

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"qtinterop/qtbridge/datastream"
)

// streamWalk goes over the values of what may be a message, in one byte order.
type streamWalk struct {
	data    []byte
	used    int
	options datastream.Options
	types   []string
	sure    int
	reasons []string
	work    int // how many bytes may still be looked at
}

const (
	maxGap    = 32 // bytes of numbers between values that can be told
	maxTail   = 64 // and at the end
	maxZeros  = 16 // that may belong to the last value
	maxValues = 64

	// What is looked at, as many times as it is, before the walk ends: bytes that lead on and on
	// end it too. To decode costs as much as so many bytes, as a failure is explained.
	maxWork    = 32 << 20
	decodeWork = 64 << 10
	textPart   = 1 << 10 // units of a text at a time
)

func (w *streamWalk) walk() Message {
	at := 0
	for at < w.used && len(w.types) < maxValues {
		gap, name, size := w.next(at)
		if name == "" {
			break
		}
		w.numbers(at, gap)
		if picture := w.pictureVariant(at + gap); picture != "" && w.reasons == nil {
			w.reasons = append(w.reasons, fmt.Sprintf("at byte %d is a QVariant whose type is %s, with the marker of a picture and a PNG behind it", at+gap, picture))
		}
		w.types = append(w.types, name)
		w.sure += min(size, w.used-at-gap)
		at += gap + size
	}
	m := Message{Options: w.options, Sure: w.sure, Unread: -1, reasons: w.reasons}
	switch tail := w.used - at; {
	case tail > maxTail || len(w.types) >= maxValues:
		m.Unread = at
	case tail > 0 && len(w.types) > 0:
		tail = min(w.tail(at, tail), len(w.data)-at)
		w.numbers(at, tail)
		at += tail
	}
	var form []string
	for i, name := range w.types {
		form = append(form, fmt.Sprintf("%s v%d", name, i+1))
	}
	m.Form, m.Size = strings.Join(form, "; "), at
	return m
}

// next is the next value that can be told, after a gap.
func (w *streamWalk) next(at int) (gap int, name string, size int) {
	for gap = 0; gap <= maxGap && at+gap+4 <= w.used; gap++ {
		if gap%2 == 1 && gap != 1 && gap != 5 && gap != 9 {
			continue // a bool, or with a number or two, but no more of them
		}
		if name, size = w.value(at + gap); name != "" && at+gap+size <= w.used+maxZeros {
			return gap, name, size
		}
	}
	return 0, "", 0
}

// value is the value that begins at at, if it can be told.
func (w *streamWalk) value(at int) (name string, size int) {
	if w.pictureVariant(at) != "" && w.decodes(at+5, &aPicture{}, &size) {
		return "QVariant", 5 + size
	}
	n := w.u32(at)
	if n == 0 || int64(n) > int64(len(w.data)-at-4) || w.work <= 0 {
		return "", 0
	}
	if w.text(at+4) > 0 { // the first key, or the first of the list
		switch {
		case w.isVariantMap(at, &size):
			return "QVariantMap", size
		case w.decodes(at, &[]string{}, &size):
			return "QStringList", size
		}
	}
	if size = w.text(at); size > 0 {
		return "QString", size
	}
	switch {
	case n == 1 && bytes.HasPrefix(w.data[at+4:], pngStart):
		if w.decodes(at, &aPicture{}, &size) {
			return "QImage", size
		}
	case w.isBytes(at+4, int(n)):
		return "QByteArray", 4 + int(n)
	case w.isVariant(at, n):
		var value any
		if w.decodes(at, &value, &size) && value != nil {
			return "QVariant", size
		}
	}
	return "", 0
}

// aPicture is one whose PNG is not decoded.
type aPicture struct {
	PNG []byte `qt:"QImage"`
}

func (w *streamWalk) u32(at int) uint32 {
	if at+4 > len(w.data) {
		return 0
	}
	return w.order().Uint32(w.data[at:])
}

func (w *streamWalk) order() binary.ByteOrder {
	if w.options.LittleEndian {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// decodes tells whether Qt reads a value there, and sets its size.
func (w *streamWalk) decodes(at int, target any, size *int) bool {
	w.work -= decodeWork
	d := datastream.NewDecoder(w.data[at:], w.options)
	if d.Decode(target) != nil {
		return false
	}
	*size = d.Offset()
	return true
}

// isVariantMap tells whether there is one that has a value which is none of zeros.
func (w *streamWalk) isVariantMap(at int, size *int) bool {
	var m map[string]any
	if !w.decodes(at, &m, size) {
		return false
	}
	for _, value := range m {
		if value != nil {
			return true
		}
	}
	return false
}

// text is how many bytes a QString has there that can be printed; 0 if there is none.
func (w *streamWalk) text(at int) int {
	n := int(w.u32(at))
	if n < 2 || n%2 != 0 || n > len(w.data)-at-4 {
		return 0
	}
	if w.work -= n; w.work < 0 {
		return 0
	}
	raw := w.data[at+4 : at+4+n]
	units := make([]uint16, 0, textPart)
	for rest := raw; len(rest) > 0; {
		units = units[:0]
		for len(rest) > 0 && (len(units) < textPart-1 || len(units) < textPart && utf16.IsSurrogate(rune(units[len(units)-1]))) {
			units = append(units, w.order().Uint16(rest))
			rest = rest[2:]
		}
		if !isPrintable(string(utf16.Decode(units))) {
			return 0
		}
	}
	if isASCIIText(raw) {
		return 0
	}
	return 4 + n
}

// isBytes tells whether n bytes are a QByteArray that can be told: text, a PNG, or all
// that there is.
func (w *streamWalk) isBytes(at, n int) bool {
	raw := w.data[at : at+n]
	isText := n >= 2 && utf8.Valid(raw) && isPrintable(string(raw))
	return isText || bytes.HasPrefix(raw, pngStart) || n >= 4 && at+n == w.used
}

// isVariant tells whether a QVariant may begin there whose type is one with a length: the number
// of its type and a byte that is 0, and then its value.
func (w *streamWalk) isVariant(at int, id uint32) bool {
	return (id == 8 || id == 9 || id == 10 || id == 11 || id == 12) && w.used > at+5 && w.data[at+4] == 0 && w.u32(at+5) != 0
}

// pictureTypes are the numbers of QtGui's types of pictures: up to Qt 5, and from Qt 6 on.
var pictureTypes = map[uint32]string{65: "QPixmap", 70: "QImage", 73: "QBitmap", 0x1001: "QPixmap", 0x1006: "QImage", 0x1009: "QBitmap"}

// pictureVariant is the type of a picture if a QVariant with one begins there: the number of
// the type, a byte that is 0, the marker of a picture and its PNG.
func (w *streamWalk) pictureVariant(at int) string {
	if at+9 > len(w.data) || w.data[at+4] != 0 || w.u32(at+5) != 1 || !bytes.HasPrefix(w.data[at+9:], pngStart) {
		return ""
	}
	return pictureTypes[w.u32(at)]
}

// tail is how many bytes the numbers at the end have: zeros may belong to them.
func (w *streamWalk) tail(at, length int) int {
	if length <= 8 && w.isDouble(at) {
		return 8
	}
	if length%4 == 1 && !w.options.LittleEndian {
		return length // a bool
	}
	return (length + 3) / 4 * 4
}

func (w *streamWalk) isDouble(at int) bool {
	return at+8 <= len(w.data) && UsualFloat64(math.Float64frombits(w.order().Uint64(w.data[at:])))
}

// numbers are so many bytes as numbers.
func (w *streamWalk) numbers(at, length int) {
	for length > 0 {
		name, size := "qint32", 4
		switch {
		case length >= 8 && w.isDouble(at):
			name, size = "double", 8
		case length >= 4:
		case length >= 2:
			name, size = "qint16", 2
		case w.data[at] <= 1:
			name, size = "bool", 1
		default:
			name, size = "quint8", 1
		}
		w.types = append(w.types, name)
		at, length = at+size, length-size
	}
}
