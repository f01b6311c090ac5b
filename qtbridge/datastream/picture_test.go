//go:build cgo && (linux || windows)

package datastream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/qtbridge/picture"
)

// aPhoto is a picture of which every pixel is another one.
func aPhoto() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 5, 4))
	for i := range 20 {
		m.Set(i%5, i/5, color.NRGBA{R: uint8(12 * i), G: uint8(255 - i), B: 7, A: uint8(255 - 10*i)})
	}
	return m
}

func assertSamePicture(t *testing.T, want, got image.Image) {
	t.Helper()
	assert.True(t, samePicture(want, got), "%v became %v", want, got)
}

// samePicture tells whether each pixel is the same.
func samePicture(a, b image.Image) bool {
	if a == nil || b == nil {
		return a == b
	}
	size := a.Bounds().Size()
	if b.Bounds().Size() != size {
		return false
	}
	for i := range size.X * size.Y {
		p, q := a.Bounds().Min, b.Bounds().Min
		r1, g1, b1, a1 := a.At(p.X+i%size.X, p.Y+i/size.X).RGBA()
		r2, g2, b2, a2 := b.At(q.X+i%size.X, q.Y+i/size.X).RGBA()
		if r1 != r2 || g1 != g2 || b1 != b2 || a1 != a2 {
			return false
		}
	}
	return true
}

// What datastream writes of a picture is what package picture does.
func TestPictureIsThatOfPackagePicture(t *testing.T) {
	for _, o := range []Options{{}, {LittleEndian: true}} {
		var order binary.AppendByteOrder = binary.BigEndian
		if o.LittleEndian {
			order = binary.LittleEndian
		}
		want, err := picture.Append(nil, order, aPhoto())
		require.NoError(t, err)
		data, err := Marshal(o, aPhoto())
		require.NoError(t, err)
		assert.Equal(t, want, data)
		var none image.Image
		data, err = Marshal(o, &none)
		require.NoError(t, err)
		assert.Equal(t, make([]byte, 4), data)
	}
}

func TestPicturesInAllPlaces(t *testing.T) {
	type places struct {
		Photo  image.Image
		Pixmap image.Image `qt:"QPixmap"`
		None   image.Image
		List   []image.Image
		Map    map[string]image.Image
		PNG    []byte `qt:"QImage"`
		Any    any
		Anys   []any
		Typed  image.Image `qt:"QVariant"`
	}
	var raw bytes.Buffer
	require.NoError(t, png.Encode(&raw, aPhoto()))
	in := places{aPhoto(), aPhoto(), nil, []image.Image{nil, aPhoto()}, map[string]image.Image{"a": aPhoto()}, raw.Bytes(), aPhoto(),
		[]any{Pixmap{aPhoto()}, Bitmap{}, Null{(*image.NRGBA)(nil)}}, aPhoto()}
	data, err := Marshal(Options{}, in)
	require.NoError(t, err)
	var out places
	require.NoError(t, Unmarshal(data, Options{}, &out))
	for _, got := range []image.Image{out.Photo, out.Pixmap, out.List[1], out.Map["a"], out.Any.(image.Image), out.Typed, out.Anys[0].(Pixmap).Image} {
		assertSamePicture(t, aPhoto(), got)
	}
	assert.Nil(t, out.None)
	assert.Nil(t, out.List[0])
	assert.Equal(t, in.PNG, out.PNG)
	assert.Equal(t, in.Anys[1:], out.Anys[1:])
}

func TestPicturesThatCannotBeWritten(t *testing.T) {
	_, err := Marshal(Options{}, "x", image.NewNRGBA(image.Rectangle{}))
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	assert.Equal(t, ErrValue, e.Code)
	assert.Equal(t, "[1]", e.Path)
	assert.ErrorIs(t, err, picture.ErrImage)
	type raw struct {
		PNG []byte `qt:"QImage"`
	}
	for _, bad := range []string{"", "GIF89a", "\x89PNG\r\n\x1a\n"} {
		_, err := Marshal(Options{}, raw{[]byte(bad)})
		assert.ErrorIs(t, err, ErrValue, "%q", bad)
	}
}

// A message that ends anywhere within a picture says so, with where it begins.
func TestPictureTruncated(t *testing.T) {
	data, err := Marshal(Options{}, "oven", aPhoto())
	require.NoError(t, err)
	for n := 12; n < len(data); n++ {
		var name string
		var m image.Image
		err := Unmarshal(data[:n], Options{}, &name, &m)
		e, ok := errors.AsType[*Error](err)
		require.True(t, ok, "%d: %v", n, err)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%d", n)
		require.Equal(t, 12, e.Offset)
		require.Equal(t, "[1]", e.Path)
		require.Equal(t, "QImage", e.Expected)
		require.Nil(t, m)
	}
}

func TestPictureBroken(t *testing.T) {
	good, err := Marshal(Options{}, "oven", []image.Image{nil, aPhoto()})
	require.NoError(t, err)
	const marker = 12 + 4 + 4
	change := func(at int, b ...byte) []byte {
		data := bytes.Clone(good)
		copy(data[at:], b)
		return data
	}
	for what, test := range map[string]struct {
		data []byte
		code Code
		also error
	}{
		"marker":       {change(marker, 0, 0, 0, 2), ErrCorrupt, nil},
		"signature":    {change(marker+4, 'G'), ErrCorrupt, nil},
		"first chunk":  {change(marker+4+12, 'J'), ErrCorrupt, nil},
		"chunk length": {change(marker+4+33, 0xFF, 0xFF, 0xFF, 0xFF), ErrLength, nil},
		"checksum":     {change(len(good)-20, 0xFF, 0xFF), ErrCorrupt, picture.ErrCorrupt},
		"bomb":         {change(marker+4+16, 0, 0, 0x7F, 0xFF), ErrValue, picture.ErrTooLarge},
		"bomb of lots": {change(marker+4+16, 0x7F, 0, 0, 0, 0x7F), ErrValue, picture.ErrTooLarge},
	} {
		var name string
		var list []image.Image
		err := Unmarshal(test.data, Options{}, &name, &list)
		e, ok := errors.AsType[*Error](err)
		require.True(t, ok, "%s: %v", what, err)
		assert.Equal(t, test.code, e.Code, "%s: %v", what, err)
		assert.Equal(t, marker, e.Offset, what)
		assert.Equal(t, "[1][1]", e.Path, what)
		assert.NotEmpty(t, e.Around, what)
		if test.also != nil {
			assert.ErrorIs(t, err, test.also, what)
		}
	}
}

// A picture of 256 MB in a few bytes allocates nothing of that.
func TestPictureBombAllocatesNothing(t *testing.T) {
	data, err := Marshal(Options{}, aPhoto())
	require.NoError(t, err)
	copy(data[4+16:], []byte{0, 0, 0x1F, 0xFF, 0, 0, 0x1F, 0xFF})
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			var m image.Image
			if Unmarshal(data, Options{}, &m) == nil {
				b.Fatal("it was read")
			}
		}
	})
	assert.Less(t, result.AllocedBytesPerOp(), int64(64<<10))
}

func TestPictureForm(t *testing.T) {
	form, err := ParseForm("QString name; QImage photo, none; QVariant any")
	require.NoError(t, err)
	data, err := Marshal(Options{}, struct {
		Name        string
		Photo, None image.Image
		Any         any
	}{"oven", aPhoto(), nil, Pixmap{aPhoto()}})
	require.NoError(t, err)
	values, _, err := form.DecodeJSON(data, Options{})
	require.NoError(t, err)
	assert.Contains(t, string(values), `"photo":"iVBORw0KGgo`)
	assert.Contains(t, string(values), `"none":null,"any":{"QPixmap":"iVBORw0KGgo`)
	again, err := form.EncodeJSON(values, Options{})
	require.NoError(t, err)
	assert.Equal(t, data, again)
	_, err = form.EncodeJSON([]byte(`{"name":"a","photo":"AAAA","none":null,"any":1}`), Options{})
	assert.ErrorIs(t, err, ErrValue)
}
