package guess

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// texts are the encodings that data may be text in.
func texts(data []byte, used int) []Finding {
	var all []Finding
	for _, look := range []func([]byte, int) *Finding{
		func(d []byte, n int) *Finding { return wideText(d, n, binary.LittleEndian, "UTF-16LE", "utf-16le") },
		func(d []byte, n int) *Finding { return wideText(d, n, binary.BigEndian, "UTF-16BE", "utf-16be") },
		narrowText,
	} {
		if f := look(data, used); f != nil {
			all = append(all, *f)
		}
	}
	return all
}

// wideText is about units of two bytes up to a NUL.
func wideText(data []byte, used int, order binary.ByteOrder, name, flag string) *Finding {
	var units []uint16
	for at := 0; at+2 <= len(data) && order.Uint16(data[at:]) != 0; at += 2 {
		units = append(units, order.Uint16(data[at:]))
	}
	text := string(utf16.Decode(units))
	if len(units) < 2 || !isPrintable(text) || isASCIIText(data[:2*len(units)]) {
		return nil
	}
	latin, script := 0, scriptOf(text)
	for _, unit := range units {
		if unit < 0x250 {
			latin++
		}
	}
	if 2*latin <= len(units) && script == "" && len(units) < 4 {
		return nil
	}
	f := &Finding{What: "text in " + name, Score: 30, Show: []string{"--as", "text", "--encoding", flag}}
	f.because("%d units of two bytes are characters that can be printed", len(units))
	switch {
	case 2*latin > len(units):
		f.Score = 88
		f.because("%d of them are Latin, with a zero byte each", latin)
	case script != "":
		f.Score = 65
		f.because("all letters are %s", script)
	default:
		f.but("their letters are of several scripts, as if by chance")
	}
	f.end(data, 2*len(units), 2, used)
	return f
}

// scripts are those that are told apart.
var scripts = map[string][]*unicode.RangeTable{
	"Chinese or Japanese": {unicode.Han, unicode.Hiragana, unicode.Katakana}, "Korean": {unicode.Hangul}, "Cyrillic": {unicode.Cyrillic},
	"Greek": {unicode.Greek}, "Arabic": {unicode.Arabic}, "Hebrew": {unicode.Hebrew}, "Thai": {unicode.Thai}, "Devanagari": {unicode.Devanagari},
}

// scriptOf is the script of all letters but those of ASCII; empty if there are several.
func scriptOf(text string) string {
	for name, tables := range scripts {
		if isOf(text, tables) {
			return name
		}
	}
	return ""
}

func isOf(text string, script []*unicode.RangeTable) bool {
	letters := 0
	for _, r := range text {
		switch {
		case r < 0x80 || !unicode.IsLetter(r):
		case unicode.In(r, script...):
			letters++
		default:
			return false
		}
	}
	return letters > 0
}

// narrowText is about bytes up to a NUL.
func narrowText(data []byte, used int) *Finding {
	text := data
	if before, _, ok := bytes.Cut(data, []byte{0}); ok {
		text = before
	}
	if len(text) == 0 || len(text) == 1 && used > 1 {
		return nil
	}
	f := &Finding{Show: []string{"--as", "text", "--encoding", "utf-8"}}
	switch {
	case isASCIIText(text):
		f.What, f.Score = "text in ASCII, which UTF-8, Latin-1 and local 8 bit have in common", 85
		if len(text) < 4 {
			f.Score = 45
			f.but("it is short, and may be a number")
		}
		f.because("%d bytes are characters of ASCII that can be printed", len(text))
	case utf8.Valid(text) && isPrintable(string(text)):
		f.What, f.Score = "text in UTF-8", 90
		f.because("%d bytes are valid UTF-8 beyond ASCII, which bytes by chance are not", len(text))
	case utf8.Valid(text):
		return nil
	default:
		return eightBitText(data, text, used)
	}
	if json.Valid(text) && bytes.ContainsAny(text, "{[") {
		f.Score = 95
		f.because("it is valid JSON")
	}
	f.end(data, len(text), 1, used)
	return f
}

// eightBitText is about bytes that are not UTF-8.
func eightBitText(data, text []byte, used int) *Finding {
	ascii, control := 0, false
	for _, b := range text {
		switch {
		case isASCIIText([]byte{b}):
			ascii++
		case b < 0x80:
			return nil
		case b < 0xA0:
			control = true
		}
	}
	f := &Finding{What: "text in Latin-1 or another encoding of 8 bits", Score: 35, Show: []string{"--as", "text", "--encoding", "latin1"}}
	if 4*ascii >= 3*len(text) {
		f.Score = 68
	}
	f.because("%d bytes are characters, %d of them ASCII, and the others are not UTF-8", len(text), ascii)
	if control {
		f.Score -= 10
		f.What, f.Show = "text in an encoding of 8 bits, as windows-1252 or GBK", nil
		f.but("in Latin-1 some bytes would be control characters")
	}
	f.end(data, len(text), 1, used)
	return f
}

// end says what is behind a text of so many bytes, with a NUL of some.
func (f *Finding) end(data []byte, length, nul, used int) {
	switch {
	case len(data)-length < nul:
		f.but("no NUL ends it")
	case used <= length:
		f.because("a NUL ends it, and the rest is zero")
	default:
		f.but("behind the NUL are %d bytes up to the last that is not zero: left by a longer text, or no text", used-length-nul)
		f.Score = int(int64(f.Score) * int64(length) / int64(used))
	}
}

func isPrintable(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
	}
	return true
}

func isASCIIText(text []byte) bool {
	for _, b := range text {
		if b >= 0x7F || b < ' ' && b != '\n' && b != '\r' && b != '\t' {
			return false
		}
	}
	return true
}
