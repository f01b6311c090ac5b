package guess

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/qtbridge"
	"qtinterop/qtbridge/layout"
)

// in is content in a segment of whole pages.
func in(content string) []byte {
	return append([]byte(content), make([]byte, pageSize-len(content)%pageSize)...)
}

func TestTexts(t *testing.T) {
	encode := func(e qtbridge.Encoding, text string) string {
		data, err := e.Encode(text)
		require.NoError(t, err)
		return string(data)
	}
	for _, c := range []struct{ content, what, chance string }{
		{"volume=100", "text in ASCII", "likely"},
		{"höhe=100", "text in UTF-8", "likely"},
		{`{"volume":5}`, "text in ASCII", "likely"},
		{encode(qtbridge.UTF16LE, "volume=5"), "text in UTF-16LE", "likely"},
		{encode(qtbridge.UTF16BE, "volume=5"), "text in UTF-16BE", "likely"},
		{encode(qtbridge.UTF16LE, "共享内存"), "text in UTF-16LE", "possible"},
		{encode(qtbridge.Latin1, "höhe=100"), "text in Latin-1", "possible"},
		{"vol\x00me=100", "text in ASCII", "not excluded"},
	} {
		found := Look(in(c.content))
		require.NotEmpty(t, found, "%q", c.content)
		f := find(found, c.what)
		if assert.NotNil(t, f, "%q: %v", c.content, found) {
			assert.Equal(t, c.chance, f.Chance(), "%q: %v", c.content, found)
			assert.NotEmpty(t, f.Reasons)
		}
		if c.chance != "not excluded" {
			assert.True(t, strings.HasPrefix(found[0].What, c.what), "%q: %v", c.content, found)
		}
	}
	assert.Contains(t, find(Look(in("volume=5\x0000")), "text in ASCII").Doubts[0], "behind the NUL are 2 bytes")
	assert.Contains(t, Look([]byte("abcdefgh"))[0].Doubts, "no NUL ends it")
	assert.Contains(t, find(Look([]byte("h\x00i\x00z")), "text in UTF-16LE").Doubts, "no NUL ends it")
}

// find is the first Finding that begins with what.
func find(found []Finding, what string) *Finding {
	for i := range found {
		if strings.HasPrefix(found[i].What, what) {
			return &found[i]
		}
	}
	return nil
}

func TestPictures(t *testing.T) {
	png := string(pngStart) + "\x00\x00\x02\x80\x00\x00\x01\xe0\x08\x02\x00\x00\x00" + strings.Repeat("x", 40) + "\x00\x00\x00\x00IEND\xaeB`\x82"
	f := Look(in(png))[0]
	assert.Equal(t, "a PNG of 640 x 480 pixels", f.What)
	assert.Empty(t, f.Doubts)
	assert.Equal(t, "a QImage or QPixmap in a QDataStream, of 640 x 480 pixels", Look(in("\x00\x00\x00\x01" + png))[0].What)
	f = Look(in("header--" + png))[0]
	assert.Equal(t, 8, f.Offset)
	assert.NotEmpty(t, f.Doubts)
	assert.Contains(t, Look(in(png[:60]))[0].Doubts, "the end of a PNG is not there")
	assert.Contains(t, Look(in(png + "more"))[0].Doubts, "behind it are 4 bytes up to the last that is not zero")
}

func TestFrames(t *testing.T) {
	data := make([]byte, 640*480*4)
	for i := range data {
		if data[i] = byte(rand.Uint32()); i%4 == 3 {
			data[i] = 0xFF
		}
	}
	for _, header := range []int{0, 64} {
		found := Look(in(strings.Repeat("\x00", header) + string(data)))
		f := find(found, "a raw picture of 640 x 480 pixels with 4 bytes each")
		require.NotNil(t, f, "%v", found)
		assert.Equal(t, []string{"--as", "image:640x480:RGB32"}, f.Show)
		assert.NotEmpty(t, f.Doubts)
	}
	assert.Nil(t, find(Look(make([]byte, 640*480)), "a raw picture"), "of zeros alone")
}

func TestStructs(t *testing.T) {
	data := binary.LittleEndian.AppendUint32(nil, 4711)
	data = binary.LittleEndian.AppendUint32(data, 7)
	data = binary.LittleEndian.AppendUint64(data, math.Float64bits(-40.25))
	data = append(data, "oven\x00\x00\x00\x00"...)
	data = binary.LittleEndian.AppendUint32(data, math.Float32bits(0.5))
	f := Look(in(string(data)))[0]
	assert.Equal(t, []string{"--format", "u32 f0; u32 f4; f64 f8; char[8] f16; f32 f24"}, f.Show)
	assert.Equal(t, "a C++ struct with floating-point numbers, char arrays, integers", f.What)
}

// What shows a struct has its fields where they were seen.
func TestStructsLieAsC(t *testing.T) {
	for content, want := range map[string]string{
		"abcde\x00\x01\x02\x03\x04\x05\x06":                "char[6] f0; u8 f6; u8 f7; u32 f8",
		"\x00\x00\x00\x00\x00\x00\x45\x40\x01\x02\x03\x04": "pack=1; f64 f0; u32 f8",
		"\x00\x00\xc0\x3f\x01":                             "pack=1; f32 f0; u8 f4",
		"abcd\x00\x01":                                     "char[5] f0; u8 f5",
	} {
		f := find(Look([]byte(content)), "a C++ struct")
		require.NotNil(t, f, "%q", content)
		assert.Equal(t, []string{"--format", want}, f.Show)
		l, err := layout.Parse(want, layout.Options{ABI: layout.LP64})
		require.NoError(t, err)
		assert.Equal(t, len(content), l.Size(), want)
		for _, field := range l.Fields() {
			assert.Equal(t, fmt.Sprint("f", field.Offset), field.Name)
		}
	}
}

func TestNothing(t *testing.T) {
	assert.Empty(t, Look(nil))
	assert.Empty(t, Look(make([]byte, 4096)))
	assert.Empty(t, Look(in("\x01\x02\x03")))
	assert.Empty(t, Changes([][]byte{{1, 2, 3, 4}}))
	assert.Empty(t, Changes([][]byte{{1}, {2}, nil}))
}

func TestChanges(t *testing.T) {
	var looks [][]byte
	for i := range 5 {
		data := make([]byte, 40)
		binary.LittleEndian.PutUint32(data[4:], uint32(100+3*i))
		binary.LittleEndian.PutUint64(data[8:], uint64(i))
		data[16] = 9
		binary.BigEndian.PutUint32(data[20:], uint32(1000+i))
		binary.LittleEndian.PutUint64(data[24:], math.Float64bits(20.5+float64(i%2)))
		binary.LittleEndian.PutUint32(data[32:], []uint32{5, 1, 9, 2, 3}[i])
		looks = append(looks, data)
	}
	var found []string
	for _, f := range Changes(looks) {
		found = append(found, f.What)
		assert.NotEmpty(t, f.Reasons)
	}
	assert.Equal(t, []string{"a u32 at byte 4 that counts", "a u64 at byte 8 that counts", "a big; u32 at byte 20 that counts", "an f64 at byte 24 that changes"}, found)
}

// Nothing that bytes can be lets it fail, or take long.
func TestAnyBytes(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	for i := range 300 {
		data := make([]byte, i*i%3000)
		_, _ = random.Read(data)
		for j := range data {
			if i%3 > 0 && j%4 < i%3+1 {
				data[j] = 0
			}
		}
		for _, f := range Look(data) {
			assert.Less(t, f.Score, 100)
			assert.NotEmpty(t, f.Reasons)
		}
	}
}
