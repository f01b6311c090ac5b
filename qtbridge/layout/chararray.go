package layout

import "qtinterop/qtbridge"

// text is how a char array holds a Go string: in an encoding, up to the first NUL or to
// its end.
type text struct {
	encoding qtbridge.Encoding
	nul      int // bytes of a NUL
	unit     int // bytes of an element of the array
}

func newText(m *member) *text {
	t := &text{encoding: qtbridge.UTF8, unit: m.scalar.size}
	switch {
	case m.text != nil:
		t.encoding = *m.text
	case m.kind == kindChar16 && m.big:
		t.encoding = qtbridge.UTF16BE
	case m.kind == kindChar16:
		t.encoding = qtbridge.UTF16LE
	}
	// Without what an encoding puts before any text.
	one, _ := t.encoding.Encode("a")
	two, _ := t.encoding.Encode("a\x00")
	t.nul = max(1, len(two)-len(one))
	return t
}

// decode keeps the string that is there already if it is the same, so that nothing is
// allocated.
func (t *text) decode(data []byte, to *string) *Error {
	if t.hasASCII() {
		if n := asciiLength(data); n >= 0 {
			if *to != string(data[:n]) {
				*to = string(data[:n])
			}
			return nil
		}
	}
	s, err := t.encoding.DecodeToNUL(data)
	if err != nil {
		return textError(opDecode, err)
	}
	*to = s
	return nil
}

// hasASCII tells whether ASCII in the encoding is just that.
func (t *text) hasASCII() bool {
	return t.encoding == qtbridge.UTF8 || t.encoding == qtbridge.Latin1
}

// asciiLength is the length of the text up to a NUL or to the end, and -1 if it is not
// ASCII alone.
func asciiLength[Text []byte | string](data Text) int {
	for i := range len(data) {
		switch b := data[i]; {
		case b == 0:
			return i
		case b >= 0x80:
			return -1
		}
	}
	return len(data)
}

func (t *text) encode(data []byte, s string) *Error {
	if t.hasASCII() && asciiLength(s) == len(s) && len(s) < len(data) {
		copy(data, s) // without an allocation
		return nil
	}
	b, err := t.encoding.Encode(s)
	if err != nil {
		return textError(opEncode, err)
	}
	for i, r := range s {
		if r == 0 {
			return valueError(opEncode, "", 0, "the text has a NUL at byte %d, where it would end for who reads it", i)
		}
	}
	if len(b)+t.nul > len(data) {
		return valueError(opEncode, "", 0, "the text has %d bytes in %v, and a NUL has %d: there is room for %d; "+
			"an array without a NUL at the end is a Go array of bytes", len(b), t.encoding, t.nul, len(data))
	}
	copy(data, b)
	return nil
}

func textError(op string, err error) *Error {
	return &Error{Op: op, Code: ErrValue, Msg: err.Error(), Err: err}
}
