package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/qtbridge/picture"
)

func requireCode(t *testing.T, err error, code picture.Code) *picture.Error {
	t.Helper()
	require.ErrorIs(t, err, code)
	e, ok := errors.AsType[*picture.Error](err)
	require.True(t, ok)
	assert.NotEmpty(t, e.Msg)
	return e
}

func TestFramesThatCannotBe(t *testing.T) {
	data := make([]byte, 100)
	for name, c := range map[string]struct {
		frame picture.Frame
		code  picture.Code
		text  string
	}{
		"no format":       {picture.Frame{Width: 1, Height: 1, Data: data}, picture.ErrFormat, "format 0 is not one of [Indexed8 RGB32"},
		"Mono":            {picture.Frame{Width: 1, Height: 1, Format: 1, Data: data}, picture.ErrFormat, "format 1"},
		"no width":        {picture.Frame{Height: 1, Format: picture.FormatRGB32, Data: data}, picture.ErrShape, "0 x 1 pixels"},
		"negative height": {picture.Frame{Width: 1, Height: -1, Format: picture.FormatRGB32, Data: data}, picture.ErrShape, "1 x -1 pixels"},
		"huge": {picture.Frame{Width: math.MaxInt, Height: math.MaxInt, BytesPerLine: math.MaxInt, Format: picture.FormatRGBA64, Data: data},
			picture.ErrShape, "must be from 1 to"},
		"overflow": {picture.Frame{Width: 1, Height: 3, BytesPerLine: math.MaxInt, Format: picture.FormatRGB32, Data: data},
			picture.ErrShape, "more than any memory has"},
		"short lines":    {picture.Frame{Width: 5, Height: 1, BytesPerLine: 19, Format: picture.FormatRGB32, Data: data}, picture.ErrShape, "5 pixels of RGB32 take 20"},
		"negative lines": {picture.Frame{Width: 5, Height: 1, BytesPerLine: -20, Format: picture.FormatRGB32, Data: data}, picture.ErrShape, "-20 bytes a line"},
		"no palette":     {picture.Frame{Width: 5, Height: 1, Format: picture.FormatIndexed8, Data: data}, picture.ErrShape, "palette"},
		"too long a palette": {picture.Frame{Width: 5, Height: 1, Format: picture.FormatIndexed8, Palette: make(color.Palette, 257), Data: data},
			picture.ErrShape, "has 257"},
		"short data": {picture.Frame{Width: 5, Height: 6, Format: picture.FormatRGB32, Data: data}, picture.ErrEnd, "at byte 100: the picture ends early: 5 x 6 pixels of RGB32 in lines of 20 bytes take 120 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.frame.Image()
			requireCode(t, err, c.code)
			assert.ErrorContains(t, err, c.text)
			requireCode(t, c.frame.Draw(image.NewGray(image.Rect(0, 0, 1, 1))), c.code)
		})
	}
}

func TestDrawOfAnotherSize(t *testing.T) {
	frame := picture.Frame{Width: 2, Height: 1, Format: picture.FormatRGB32, Data: make([]byte, 8)}
	requireCode(t, frame.Draw(image.NewGray(image.Rect(0, 0, 1, 1))), picture.ErrImage)
}

// The image is the data: no copy, and the last line may end with its last pixel.
func TestImageIsInPlace(t *testing.T) {
	for _, format := range picture.Formats() {
		frame := picture.Frame{Width: 3, Height: 2, BytesPerLine: 40, Format: format, Palette: color.Palette{color.Black, color.White}}
		size, err := frame.Size()
		require.NoError(t, err)
		assert.Equal(t, 40+3*format.BytesPerPixel(), size)
		frame.Data = make([]byte, size)
		m, err := frame.Image()
		require.NoError(t, err)
		m.Set(2, 1, color.White)
		assert.Equal(t, byte(0), frame.Data[0])
		assert.NotZero(t, frame.Data[size-format.BytesPerPixel()], "%v", format)
		r, g, b, a := m.At(2, 1).RGBA()
		assert.Equal(t, []uint32{0xffff, 0xffff, 0xffff, 0xffff}, []uint32{r, g, b, a}, "%v", format)
		m.Set(3, 1, color.White) // outside: nothing
		_, _, _, a = m.At(-1, 0).RGBA()
		if hasAlpha := format != picture.FormatIndexed8 && format != picture.FormatGrayscale8 && format != picture.FormatGrayscale16; hasAlpha {
			assert.Zero(t, a, "%v", format)
		}
		named, err := picture.ParseFormat(format.String())
		require.NoError(t, err)
		assert.Equal(t, format, named)
	}
	_, err := picture.ParseFormat("RGB33")
	requireCode(t, err, picture.ErrFormat)
}

func TestIndexBeyondThePalette(t *testing.T) {
	m, err := picture.Frame{Width: 1, Height: 1, Format: picture.FormatIndexed8, Palette: color.Palette{color.White}, Data: []byte{255}}.Image()
	require.NoError(t, err)
	_, _, _, a := m.At(0, 0).RGBA()
	assert.Zero(t, a)
}

func message(t testing.TB, m image.Image) []byte {
	t.Helper()
	data, err := picture.Append(nil, binary.BigEndian, m)
	require.NoError(t, err)
	return data
}

func TestDecodeWithMoreAfterIt(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	m.SetNRGBA(1, 1, color.NRGBA{1, 2, 3, 4})
	data := message(t, m)
	got, size, err := picture.Decode(append(data, "more"...))
	require.NoError(t, err)
	assert.Equal(t, len(data), size)
	assert.Equal(t, m, got)
}

// Wherever a message ends early, the error says so and where.
func TestTruncated(t *testing.T) {
	data := message(t, image.NewGray(image.Rect(0, 0, 20, 20)))
	for n := range data {
		_, _, err := picture.Decode(data[:n:n])
		e := requireCode(t, err, picture.ErrEnd)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Equal(t, n, e.Offset)
	}
}

func TestCorrupt(t *testing.T) {
	data := message(t, image.NewGray(image.Rect(0, 0, 20, 20)))
	for i := 4; i < len(data); i++ {
		broken := bytes.Clone(data)
		broken[i] ^= 0x55
		_, _, err := picture.Decode(broken)
		require.Error(t, err, "byte %d", i)
		e, ok := errors.AsType[*picture.Error](err)
		require.True(t, ok)
		assert.True(t, e.Offset >= 4 && e.Offset <= len(data), "byte %d: offset %d", i, e.Offset)
	}
	_, _, err := picture.Decode([]byte("\x00\x00\x00\x01\xff\xd8\xff\xe0 a JPEG"))
	requireCode(t, err, picture.ErrCorrupt)
	assert.ErrorIs(t, err, fs.ErrInvalid)
	assert.ErrorContains(t, err, "at byte 4")
}

// bomb is a message of width x height pixels of 8 bits with these compressed bytes.
func bomb(width, height uint32, compressed []byte) []byte {
	out := []byte("\x00\x00\x00\x01\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		out = append(append(out, name...), data...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[len(out)-len(data)-4:]))
	}
	chunk("IHDR", append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height), 8, 0, 0, 0, 0))
	chunk("IDAT", compressed)
	chunk("IEND", nil)
	return out
}

func TestBombs(t *testing.T) {
	var zeros bytes.Buffer
	w := zlib.NewWriter(&zeros)
	_, err := w.Write(make([]byte, 9000*9001))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for name, data := range map[string][]byte{
		"more than the limit":          bomb(9000, 9000, zeros.Bytes()),
		"more than could be in there":  bomb(8000, 8000, []byte("short")),
		"all that a number can be":     bomb(math.MaxInt32, math.MaxInt32, zeros.Bytes()),
		"wide, and nothing compressed": bomb(1<<26, 1, nil),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := picture.Decode(data)
		runtime.ReadMemStats(&after)
		requireCode(t, err, picture.ErrTooLarge)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20_000), name)
	}
}

func TestAppendOfNothing(t *testing.T) {
	_, err := picture.Append(nil, binary.BigEndian, image.NewGray(image.Rectangle{}))
	requireCode(t, err, picture.ErrImage)
}

// Arbitrary bytes never crash, hang or take more memory than the limit; what is read is
// written such that it is read the same again.
func FuzzDecode(f *testing.F) {
	for _, m := range []image.Image{image.NewNRGBA(image.Rect(0, 0, 3, 2)), image.NewGray16(image.Rect(0, 0, 1, 9)),
		image.NewPaletted(image.Rect(0, 0, 5, 5), color.Palette{color.Black, color.White})} {
		f.Add(message(f, m))
	}
	f.Add([]byte{0, 0, 0, 0})
	f.Add(bomb(1<<20, 1<<10, []byte("x")))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, size, err := picture.Decode(data)
		if err != nil {
			if _, ok := errors.AsType[*picture.Error](err); !ok {
				t.Fatalf("no *Error: %v", err)
			}
			return
		}
		if size < 4 || size > len(data) {
			t.Fatalf("%d of %d bytes", size, len(data))
		}
		if m == nil {
			return
		}
		b := m.Bounds()
		if pixels := b.Dx() * b.Dy(); pixels/8 > 1032*len(data) || pixels > picture.MaxBytes/4 {
			t.Fatalf("%v from %d bytes", b, len(data))
		}
		again, _, err := picture.Decode(message(t, m))
		if err != nil {
			t.Fatal(err)
		}
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				if color.NRGBA64Model.Convert(m.At(x, y)) != color.NRGBA64Model.Convert(again.At(x, y)) {
					t.Fatalf("pixel %d, %d: %v, and again %v", x, y, m.At(x, y), again.At(x, y))
				}
			}
		}
	})
}

// FuzzFrame has frames of any shape over any bytes.
func FuzzFrame(f *testing.F) {
	f.Add(3, 2, 12, 5, []byte("123456789012345678901234"))
	f.Add(1, 2, math.MaxInt, 4, []byte{})
	f.Fuzz(func(t *testing.T, width, height, line, format int, data []byte) {
		frame := picture.Frame{Width: width, Height: height, BytesPerLine: line, Format: picture.Format(format), Data: data,
			Palette: color.Palette{color.White}}
		m, err := frame.Image()
		if err != nil {
			return
		}
		for _, p := range []image.Point{{0, 0}, {width - 1, 0}, {0, height - 1}, {width - 1, height - 1}, {width, height}, {-1, -1}} {
			m.At(p.X, p.Y)
			m.Set(p.X, p.Y, color.White)
		}
		if err := frame.Draw(m); err != nil {
			t.Fatal(err)
		}
	})
}

// Behind the marker is a PNG and nothing else.
func TestAppendIsPNG(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 2, 2))
	data := message(t, m)
	assert.Equal(t, []byte{0, 0, 0, 1}, data[:4])
	_, err := png.Decode(bytes.NewReader(data[4:]))
	require.NoError(t, err)
}
