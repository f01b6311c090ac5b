//go:build cgo && linux

package picture_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
	"qtinterop/qtbridge/picture"
)

// seen is a picture as Qt sees it.
type seen struct {
	Width, Height, BytesPerLine int
	Format                      picture.Format
	Premultiplied               bool
	Pixels                      string
}

func seenBy(t testing.TB, r peertest.Reply) (s seen) {
	t.Helper()
	require.NoError(t, json.Unmarshal(r.Value, &s))
	return s
}

// assertSeen compares m with what Qt sees, each pixel with all its bits.
func assertSeen(t testing.TB, want seen, m image.Image) {
	t.Helper()
	assertNear(t, want, m, 0)
}

// aPixmapsRounding is by how much a QPixmap, which has 8 bits a channel and multiplies, may
// be off.
const aPixmapsRounding = 0x101

func assertNear(t testing.TB, want seen, m image.Image, slack int) {
	t.Helper()
	pixels, err := base64.StdEncoding.DecodeString(want.Pixels)
	require.NoError(t, err)
	b := m.Bounds()
	require.Equal(t, image.Pt(want.Width, want.Height), b.Size())
	require.Len(t, pixels, b.Dx()*b.Dy()*8)
	model := color.NRGBA64Model
	if want.Premultiplied {
		model = color.RGBA64Model
	}
	colours := map[[4]uint16]bool{}
	for y := range b.Dy() {
		for x := range b.Dx() {
			p := pixels[(y*b.Dx()+x)*8:]
			at := func(i int) uint16 { return binary.NativeEndian.Uint16(p[2*i:]) }
			qt := [4]uint16{at(0), at(1), at(2), at(3)}
			colours[qt] = true
			got := channels(exactly(m.At(b.Min.X+x, b.Min.Y+y), model))
			for i := range got {
				if off := int(got[i]) - int(qt[i]); max(off, -off) > slack {
					t.Fatalf("pixel %d, %d of %v: Qt sees %v, Go %v", x, y, want.Format, qt, got)
				}
			}
		}
	}
	require.Greater(t, len(colours), 1, "the picture shows nothing")
}

// exactly is c in 16 bits a channel without the detour of a multiplication by alpha.
func exactly(c color.Color, model color.Model) color.Color {
	if n, ok := c.(color.NRGBA); ok && model == color.NRGBA64Model {
		return color.NRGBA64{R: uint16(n.R) * 0x101, G: uint16(n.G) * 0x101, B: uint16(n.B) * 0x101, A: uint16(n.A) * 0x101}
	}
	return model.Convert(c)
}

func channels(c color.Color) [4]uint16 {
	if n, ok := c.(color.NRGBA64); ok {
		return [4]uint16{n.R, n.G, n.B, n.A}
	}
	p := c.(color.RGBA64)
	return [4]uint16{p.R, p.G, p.B, p.A}
}

func onBoth(t *testing.T, test func(t *testing.T, env *peertest.Env, peer *peertest.Peer, name string)) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) {
			env := peertest.New(t)
			peer, name := env.GUIVerbs(qt), env.Name()
			peer.Do("shm.new", "m", peertest.Args{"key": name})
			test(t, env, peer, name)
		})
	}
}

func attach(t testing.TB, name string, mode qtbridge.Mode) *qtbridge.Segment {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	segment, err := qtbridge.Attach(ctx, qtbridge.QtKey(name), mode)
	require.NoError(t, err)
	return segment
}

// bytesOf are those of a segment, which the third observer has as well.
func bytesOf(t testing.TB, env *peertest.Env, name string) []byte {
	t.Helper()
	segment := attach(t, name, qtbridge.ReadOnly)
	defer func() { require.NoError(t, segment.Close()) }()
	data := make([]byte, segment.Size())
	_, err := segment.ReadAt(data, 0)
	require.NoError(t, err)
	assertObserved(t, env, name, data)
	return data
}

// assertObserved has the third observer compare the segment with data.
func assertObserved(t testing.TB, env *peertest.Env, name string, data []byte) {
	t.Helper()
	path, _, err := qtbridge.QtKey(name).KeyFiles()
	require.NoError(t, err)
	require.Equal(t, data, env.Raw(path))
}

// palette is that of cpp/testpeer/image_verbs.cpp.
func palette() (p color.Palette) {
	for i := range 200 {
		alpha := i
		if i%3 == 0 {
			alpha = 255
		}
		p = append(p, color.NRGBA{R: uint8(i), G: uint8(255 - i), B: uint8(i * 7), A: uint8(alpha)})
	}
	return p
}

// Each raw format, in lines as Qt puts them and in wider ones: what Qt paints Go sees, and
// what Go draws Qt sees.
func TestRawFrames(t *testing.T) {
	onBoth(t, func(t *testing.T, env *peertest.Env, peer *peertest.Peer, name string) {
		const width, height, wider = 37, 11, 16
		peer.Must("shm.create", "m", peertest.Args{"size": height * (width*8 + 4 + wider)})
		segment := attach(t, name, qtbridge.ReadWrite)
		defer func() { assert.NoError(t, segment.Close()) }()
		for _, format := range picture.Formats() {
			for _, line := range []int{format.BytesPerLine(width), format.BytesPerLine(width) + wider} {
				frame := picture.Frame{Width: width, Height: height, BytesPerLine: line, Format: format}
				if format == picture.FormatIndexed8 {
					frame.Palette = palette()
				}
				args := peertest.Args{"format": int(format), "width": width, "height": height, "bytesPerLine": line}
				written := seenBy(t, peer.Do("image.rawWrite", "m", args))
				var copied []byte
				require.NoError(t, segment.View(func(data []byte) error {
					frame.Data = data
					m, err := frame.Image()
					require.NoError(t, err)
					assertSeen(t, written, m)
					copied = append(copied, data...)
					return nil
				}))
				assertObserved(t, env, name, copied)
				require.NoError(t, segment.View(func(data []byte) error {
					clear(data)
					frame.Data = data
					return frame.Draw(mirrored(copied, frame))
				}))
				read := seenBy(t, peer.Do("image.rawRead", "m", args))
				assertSeen(t, read, mirrored(copied, frame))
				assert.NotEqual(t, written.Pixels, read.Pixels)
			}
		}
	})
}

// mirrored is the picture in data upside down, as an image of another type of Go's.
func mirrored(data []byte, frame picture.Frame) image.Image {
	frame.Data = data
	m, err := frame.Image()
	if err != nil {
		panic(err)
	}
	b := m.Bounds()
	var out draw.Image = image.NewNRGBA64(b)
	if p, ok := m.(*image.Paletted); ok {
		out = image.NewPaletted(b, p.Palette[:len(frame.Palette)])
	} else if m.ColorModel() == color.RGBAModel || m.ColorModel() == color.RGBA64Model {
		out = image.NewRGBA64(b)
	}
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(x, b.Dy()-1-y, exactly(m.At(x, y), out.ColorModel()))
		}
	}
	return out
}

// A QImage and a QPixmap of each format, in both byte orders and by an old and the newest
// version, in a segment as Qt's own example shares it.
func TestStreamedByQt(t *testing.T) {
	onBoth(t, func(t *testing.T, env *peertest.Env, peer *peertest.Peer, name string) {
		const mono, monoLSB = 1, 2
		for _, format := range append(picture.Formats(), mono, monoLSB) {
			for _, args := range []peertest.Args{{}, {"little": true, "version": 7}, {"pixmap": true}} {
				args["format"], args["width"], args["height"] = int(format), 37, 11
				written := seenBy(t, peer.Must("image.share", "m", args))
				data := bytesOf(t, env, name)
				m, size, err := picture.Decode(data)
				require.NoError(t, err, "%v", format)
				assert.Equal(t, len(data), size)
				delete(args, "pixmap") // to read it as it is in the message
				read := seenBy(t, peer.Do("image.load", "m", args))
				assertSeen(t, read, m)
				assert.Equal(t, written.Width, read.Width)
				peer.Must("shm.detach", "m", nil)
			}
		}
	})
}

func TestStreamedByGo(t *testing.T) {
	onBoth(t, func(t *testing.T, env *peertest.Env, peer *peertest.Peer, name string) {
		bounds := image.Rect(3, 5, 40, 16)
		for _, m := range []draw.Image{image.NewNRGBA(bounds), image.NewRGBA(bounds), image.NewGray(bounds), image.NewGray16(bounds),
			image.NewNRGBA64(bounds), image.NewPaletted(bounds, palette())} {
			for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
				for x := bounds.Min.X; x < bounds.Max.X; x++ {
					m.Set(x, y, color.NRGBA64{R: uint16(x * 1551), G: uint16(y * 4001), B: uint16(x * y * 97), A: uint16(0xffff - x*200)})
				}
			}
			for _, args := range []peertest.Args{{}, {"little": true, "version": 7}, {"pixmap": true}} {
				var order binary.AppendByteOrder = binary.BigEndian
				if args["little"] == true {
					order = binary.LittleEndian
				}
				data, err := picture.Append(nil, order, m)
				require.NoError(t, err)
				share(t, env, peer, name, data, func() {
					r := peer.Do("image.load", "m", args)
					assert.Zero(t, r.Code, "QDataStream::status()")
					decoded, size, err := picture.Decode(data)
					require.NoError(t, err)
					assert.Equal(t, len(data), size)
					slack := 0
					if args["pixmap"] != nil {
						slack = aPixmapsRounding
					}
					assertNear(t, seenBy(t, r), decoded, slack)
				})
			}
		}
	})
}

// share has the peer attached to a segment of Go's with data meanwhile.
func share(t *testing.T, env *peertest.Env, peer *peertest.Peer, name string, data []byte, meanwhile func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	segment, err := qtbridge.Create(ctx, qtbridge.QtKey(name), len(data), qtbridge.ReadWrite)
	require.NoError(t, err)
	defer func() { require.NoError(t, segment.Close()) }()
	_, err = segment.WriteAt(data, 0)
	require.NoError(t, err)
	assertObserved(t, env, name, data)
	peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
	meanwhile()
	peer.Must("shm.detach", "m", nil)
}

func TestNullPicture(t *testing.T) {
	onBoth(t, func(t *testing.T, env *peertest.Env, peer *peertest.Peer, name string) {
		peer.Must("image.share", "m", peertest.Args{"null": true})
		data := bytesOf(t, env, name)
		m, size, err := picture.Decode(data)
		require.NoError(t, err)
		assert.Nil(t, m)
		assert.Equal(t, 4, size)
		peer.Must("shm.detach", "m", nil)
		data, err = picture.Append(nil, binary.BigEndian, nil)
		require.NoError(t, err)
		share(t, env, peer, name, data, func() {
			r := peer.Do("image.load", "m", nil)
			assert.Zero(t, r.Code)
			assert.Zero(t, seenBy(t, r).Width)
		})
	})
}
