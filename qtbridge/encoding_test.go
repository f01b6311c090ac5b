package qtbridge

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// xtexts are encodings by their names in Qt.
var xtexts = map[string]encoding.Encoding{
	"GBK": simplifiedchinese.GBK, "GB18030": simplifiedchinese.GB18030,
	"Shift_JIS": japanese.ShiftJIS, "windows-1252": charmap.Windows1252,
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return data
}

func TestEncodeAndDecode(t *testing.T) {
	for _, row := range []struct {
		encoding  Encoding
		text, hex string
	}{
		{UTF8, "", ""},
		{UTF8, "aé共😀\x00z", "61 c3a9 e585b1 f09f9880 00 7a"},
		{UTF8, "\uFFFD", "efbfbd"},
		{UTF16LE, "", ""},
		{UTF16LE, "aé共😀\x00z", "6100 e900 7151 3dd800de 0000 7a00"},
		{UTF16LE, "\uFFFD\uFFFE", "fdff feff"},
		{UTF16BE, "aé共😀\x00z", "0061 00e9 5171 d83dde00 0000 007a"},
		{Latin1, "aé\x00\u0080ÿ", "61 e9 00 80 ff"},
		{XText(simplifiedchinese.GBK), "a共享", "61 b9b2 cfed"},
		{XText(simplifiedchinese.GB18030), "\uFFFD😀", "8431a437 9439fc36"},
		{XText(japanese.ISO2022JP), "a共a", "61 1b2442 3626 1b2842 61"},
		{XText(charmap.Windows1252), "€é", "80 e9"},
	} {
		for _, e := range []Encoding{row.encoding, row.encoding.Replacing()} {
			data, err := e.Encode(row.text)
			require.NoError(t, err)
			assert.Equal(t, unhex(t, row.hex), append([]byte{}, data...), "%v %q", e, row.text)
			text, err := e.Decode(data)
			require.NoError(t, err)
			assert.Equal(t, row.text, text, "%v", e)
		}
	}
}

func TestTextThatCannotBeEncoded(t *testing.T) {
	for _, row := range []struct {
		encoding  Encoding
		text, msg string
		replaced  string
	}{
		{UTF8, "a\xffb", "the byte 0xff at 1 is not UTF-8", "61 efbfbd 62"},
		{UTF16LE, "é\xe5\x85", "the byte 0xe5 at 2 is not UTF-8", "e900 fdff fdff"},
		{UTF16BE, "\xed\xa0\x80", "the byte 0xed at 0 is not UTF-8", "fffd fffd fffd"},
		{Latin1, "é共!", "ISO 8859-1 does not have the character U+5171 '共' at byte 2", "e9 3f 21"},
		{Latin1, "😀€", "U+1F600 '😀' at byte 0", "3f3f 3f"},
		{Latin1, "a\xff", "the byte 0xff at 1 is not UTF-8", "61 3f"},
		{XText(simplifiedchinese.GBK), "共😀享", "GBK does not have the character U+1F600 '😀' at byte 3", "b9b2 3f3f cfed"},
		{XText(japanese.ISO2022JP), "共😀共", "U+1F600", "1b2442 3626 1b2842 3f3f 1b2442 3626 1b2842"},
	} {
		data, err := row.encoding.Encode(row.text)
		assert.Nil(t, data)
		e := requireTextError(t, err, "encode")
		assert.Contains(t, e.Msg, row.msg)
		data, err = row.encoding.Replacing().Encode(row.text)
		require.NoError(t, err)
		assert.Equal(t, unhex(t, row.replaced), data, "%v %q", row.encoding, row.text)
	}
}

func TestBytesThatCannotBeDecoded(t *testing.T) {
	for _, row := range []struct {
		encoding Encoding
		hex, msg string
		replaced string
	}{
		{UTF8, "61 ff 62", "the bytes ff 62 at 1 of 3 are not UTF-8", "a\uFFFDb"},
		{UTF8, "efbfbd efbc", "the bytes ef bc at 3 of 5", "\uFFFD\uFFFD\uFFFD"},
		{UTF8, "efbbbf 61 ff", "the bytes ff at 4 of 5", "a\uFFFD"},
		{UTF16LE, "6100 fdff 3dd8 6200", "the bytes 3d d8 62 00 at 4 of 8 are not UTF-16LE", "a\uFFFD\uFFFDb"},
		{UTF16LE, "3dd8 fdff", "the bytes 3d d8 fd ff at 0", "\uFFFD\uFFFD"},
		{UTF16LE, "6100 00de", "the bytes 00 de at 2", "a\uFFFD"},
		{UTF16LE, "6100 62", "the bytes 62 at 2 of 3", "a\uFFFD"},
		{UTF16LE, "feff 0061 d83d", "the bytes d8 3d at 4 of 6", "a\uFFFD"},
		{UTF16BE, "0061 d83d", "the bytes d8 3d at 2 of 4 are not UTF-16BE", "a\uFFFD"},
		{XText(simplifiedchinese.GBK), "b9b2 ff", "the bytes ff at 2 of 3 are not GBK", "共\uFFFD"},
		{XText(simplifiedchinese.GB18030), "8431a437 ff", "the bytes ff at 4 of 5", "\uFFFD\uFFFD"},
		{XText(charmap.Windows1252), "80 81", "the bytes 81 at 1 of 2", "€\uFFFD"},
		{XText(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)), "fffe fdff 3dd8", "the bytes 3d d8 at 4 of 6", "\uFFFD\uFFFD"},
	} {
		data := unhex(t, row.hex)
		text, err := row.encoding.Decode(data)
		assert.Empty(t, text)
		e := requireTextError(t, err, "decode")
		assert.Contains(t, e.Msg, row.msg)
		_, err = row.encoding.DecodeToNUL(data)
		assert.Error(t, err)
		text, err = row.encoding.Replacing().Decode(data)
		require.NoError(t, err)
		assert.Equal(t, row.replaced, text, "%v %s", row.encoding, row.hex)
	}
}

// An encoding of x/text can also fail in its own way.
func TestDecoderThatFails(t *testing.T) {
	for _, e := range []Encoding{XText(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM))} {
		_, err := e.Decode([]byte("a\x00"))
		requireTextError(t, err, "decode")
		assert.ErrorIs(t, err, unicode.ErrMissingBOM)
		_, err = e.Replacing().Decode([]byte("a\x00"))
		requireTextError(t, err, "decode")
	}
}

func requireTextError(t *testing.T, err error, op string) *Error {
	t.Helper()
	require.ErrorIs(t, err, ErrText)
	assert.ErrorIs(t, err, fs.ErrInvalid)
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	assert.Equal(t, op, e.Op)
	assert.Zero(t, e.Key)
	assert.Contains(t, e.Error(), "qtbridge: "+op+": not in this encoding: ")
	return e
}

func TestByteOrderMarks(t *testing.T) {
	for _, row := range []struct {
		encoding  Encoding
		hex, text string
	}{
		{UTF8, "efbbbf 61", "a"},
		{UTF8, "efbbbf efbbbf 61", "\uFEFFa"},
		{UTF16LE, "fffe 6100", "a"},
		{UTF16LE, "feff 0061", "a"},
		{UTF16BE, "feff 0061", "a"},
		{UTF16BE, "0061 feff", "a\uFEFF"},
	} {
		text, err := row.encoding.Decode(unhex(t, row.hex))
		require.NoError(t, err)
		assert.Equal(t, row.text, text, "%v %s", row.encoding, row.hex)
	}
}

func TestDecodeToNUL(t *testing.T) {
	marking := XText(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))
	for _, row := range []struct {
		encoding  Encoding
		hex, text string
	}{
		{UTF8, "", ""},
		{UTF8, "00 ff", ""},
		{UTF8, "6162 00 ff", "ab"},
		{UTF8, "6162", "ab"},
		{Latin1, "e9 00 e9", "é"},
		{XText(simplifiedchinese.GBK), "b9b2 0000 ff", "共"},
		{UTF16LE, "0000", ""},
		{UTF16LE, "6100 0001 0000 ff", "a\u0100"}, // there are two zeros at an odd offset, too
		{UTF16LE, "6100 0001", "a\u0100"},         // and nowhere else
		{UTF16LE, "6100", "a"},
		{UTF16BE, "0061 0100 0000 ff", "a\u0100"},
		{marking, "fffe 6100 0000 ff", "a"},
	} {
		text, err := row.encoding.DecodeToNUL(unhex(t, row.hex))
		require.NoError(t, err, "%v %s", row.encoding, row.hex)
		assert.Equal(t, row.text, text, "%v %s", row.encoding, row.hex)
	}
	_, err := UTF16LE.DecodeToNUL([]byte{0x61, 0, 0})
	requireTextError(t, err, "decode")
}

func TestEncodingIsAValue(t *testing.T) {
	assert.Equal(t, Local8Bit, Encoding{})
	assert.True(t, UTF8 == UTF8.Replacing().withoutReplacing())
	assert.False(t, UTF16LE == UTF16BE)
	assert.True(t, Latin1.Replacing() == Latin1.Replacing().Replacing())
	for want, e := range map[string]Encoding{
		"Local8Bit": {}, "Local8Bit (replacing)": Local8Bit.Replacing(), "UTF-8": UTF8,
		"UTF-16LE": UTF16LE, "UTF-16BE": UTF16BE, "ISO 8859-1": Latin1, "GBK": XText(simplifiedchinese.GBK),
	} {
		assert.Equal(t, want, e.String())
	}
}

func (e Encoding) withoutReplacing() Encoding {
	e.replacing = false
	return e
}

// What Qt made of a text in some encoding, and where the first loss is.
func TestMismatch(t *testing.T) {
	for _, row := range []struct {
		want, back string
		at         int
	}{
		{"", "", -1},
		{"aé", "aé", -1},
		{"\uFEFFa", "a", -1},
		{"\uFEFFa", "\uFEFFa", -1},
		{"a\uFEFF", "a", 1},
		{"aé共", "aé?", 3},
		{"a丁七", "a丁?", 4},
		{"丁", "七", 0},
		{"\uFEFFaé", "a?", 4},
		{"a\xef\xbc", "a\uFFFD", 1},
		{"\xef\xbf", "\uFFFD", 0},
		{"abc", "ab", 2},
	} {
		assert.Equal(t, row.at, mismatch(row.want, row.back), "%q %q", row.want, row.back)
	}
}

// roundTrips are the encodings that have all characters. GB18030 has, too, but
// that of x/text v0.43.0 does not decode private ones as it encodes them.
var roundTrips = []Encoding{UTF8, UTF16LE, UTF16BE}

func seeds(f *testing.F) {
	for _, text := range []string{
		"", "a", "model-4711", "é共享内存", "😀\x00z", "\uFFFD", "\uFFFE\uFDD0", "\uFEFFa", "！，？", "a\xff", "\xed\xa0\x80",
	} {
		f.Add(text)
	}
}

func FuzzEncodeAndDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range roundTrips {
			encodesAndDecodes(t, e, text)
		}
	})
}

// encodesAndDecodes is the identity for text without a mark at the start, and an
// error for what is no text.
func encodesAndDecodes(t *testing.T, e Encoding, text string) {
	t.Helper()
	data, err := e.Encode(text)
	if !utf8.ValidString(text) {
		requireTextError(t, err, "encode")
		return
	}
	require.NoError(t, err, "%v %q", e, text)
	if strings.HasPrefix(text, mark) || strings.HasPrefix(text, "\uFFFE") {
		return // a byte order mark, in one order or the other
	}
	back, err := e.Decode(data)
	require.NoError(t, err, "%v %q", e, text)
	require.Equal(t, text, back, "%v", e)
	upToNUL, err := e.DecodeToNUL(data)
	require.NoError(t, err)
	before, _, _ := strings.Cut(text, "\x00")
	require.Equal(t, before, upToNUL, "%v", e)
}

func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data string) {
		all := append([]Encoding{Latin1}, roundTrips...)
		for _, x := range xtexts {
			all = append(all, XText(x))
		}
		for _, e := range all {
			decodes(t, e, []byte(data))
		}
	})
}

// decodes: what has no error is text, and the same as with Replacing, which has
// no errors.
func decodes(t *testing.T, e Encoding, data []byte) {
	t.Helper()
	replaced, err := e.Replacing().Decode(data)
	require.NoError(t, err, "%v %x", e, data)
	require.True(t, utf8.ValidString(replaced), "%v %x", e, data)
	text, err := e.Decode(data)
	if err != nil {
		requireTextError(t, err, "decode")
		require.Contains(t, replaced, "\uFFFD", "%v %x", e, data)
		return
	}
	require.Equal(t, replaced, text, "%v %x", e, data)
}

// Beyond what Qt 5 can count.
func TestTextTooLongForQt(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		t.Skip("there is no such text on 32 bits")
	}
	_, err := Local8Bit.Decode(make([]byte, maxLocal8Bit+1))
	require.ErrorIs(t, err, ErrSize)
	assert.ErrorContains(t, err, "at most 715827882")
}
