//go:build cgo

package main

import (
	numbers "encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge/datastream"
	"qtinterop/qtbridge/picture"
)

// ofQt is the picture that a Qt process says it has.
func ofQt(t testing.TB, reply peertest.Reply) image.Image {
	t.Helper()
	var said struct {
		Width, Height int
		Premultiplied bool
		Pixels        []byte
	}
	require.NoError(t, json.Unmarshal(reply.Value, &said))
	size := image.Rect(0, 0, said.Width, said.Height)
	plain, multiplied := image.NewNRGBA64(size), image.NewRGBA64(size)
	channel := func(i int) uint16 { return numbers.NativeEndian.Uint16(said.Pixels[2*i:]) }
	for i := range said.Width * said.Height {
		c := color.NRGBA64{R: channel(4 * i), G: channel(4*i + 1), B: channel(4*i + 2), A: channel(4*i + 3)}
		plain.SetNRGBA64(i%said.Width, i/said.Width, c)
		multiplied.SetRGBA64(i%said.Width, i/said.Width, color.RGBA64(c))
	}
	if said.Premultiplied {
		return multiplied
	}
	return plain
}

// What a Qt process shares as a QImage or QPixmap, of each format, is the picture that it
// has, from the stream as from the raw frame; and what is put is that to the Qt process.
func TestPicturesOfQt(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		gui := e.GUIVerbs(qt)
		const width, height = 19, 7 // no line of which ends with a word of 4 bytes
		source := gradient(width, height)
		name := filepath.Join(e.Work, "picture.png")
		require.NoError(t, os.WriteFile(name, pngOf(t, source), 0o600))
		object := func(size int) string {
			key := e.Name()
			gui.Do("shm.new", key, peertest.Args{"key": key})
			if size > 0 {
				gui.Must("shm.create", key, peertest.Args{"size": size})
			}
			return key
		}
		for _, f := range picture.Formats() {
			args := peertest.Args{"width": width, "height": height, "format": int(f), "bytesPerLine": f.BytesPerLine(width)}
			for _, how := range []string{"", "little", "pixmap"} {
				args["little"], args["pixmap"] = how == "little", how == "pixmap"
				key := object(0)
				want := ofQt(t, gui.Must("image.share", key, args))
				off := 1
				if how == "pixmap" {
					off = 8 // which has 8 bits a channel, multiplied
				}
				samePixels(t, want, decoded(t, ok(t, "get", key, "--as", "image")), off)
			}
			if f == picture.FormatIndexed8 {
				continue
			}
			key := object(f.BytesPerLine(width) * height)
			as := "image:19x7:" + f.String()
			want := ofQt(t, gui.Do("image.rawWrite", key, args))
			samePixels(t, want, decoded(t, ok(t, "get", key, "--as", as)), 1)

			ok(t, "put", key, "--as", as, name)
			seen := ofQt(t, gui.Do("image.rawRead", key, args))
			switch {
			case strings.HasPrefix(f.String(), "Gray"):
				for i := range width * height {
					want := color.GrayModel.Convert(source.At(i%width, i/width))
					assert.Equal(t, want, color.GrayModel.Convert(seen.At(i%width, i/width)))
				}
			case f == picture.FormatRGB16 || f == picture.FormatRGB555:
				samePixels(t, source, seen, 8)
			default:
				samePixels(t, source, seen, 0)
			}
		}
		key := object(16 << 10)
		ok(t, "put", key, "--as", "image", name)
		samePixels(t, source, ofQt(t, gui.Do("image.load", key, nil)), 0)
	})
}

// Pictures within a message are guessed, shown as JSON, and put from it the Qt program reads
// them as it has written them.
func TestPicturesInMessageOfQt(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key, gui := e.Name(), e.GUIVerbs(qt)
		args := peertest.Args{"format": 5, "width": 9, "height": 4, "version": int(datastream.Qt5_13)}
		made := gui.Must("image.makeMessage", "", args).Bytes()
		gui.Do("shm.new", "m", peertest.Args{"key": key})
		gui.Must("shm.create", "m", peertest.Args{"size": len(made)})
		gui.Do("shm.write", "m", peertest.Args{"base64": made})
		assert.Contains(t, ok(t, "guess", key), "a QDataStream message, big-endian, as Qt has it by default: QString v1; QImage v2; ")
		as := []string{"--as", "datastream:5.15", "--format", "QString name; QImage photo; QList<QImage> photos; QPixmap pixmap; QVariantMap map"}
		text := ok(t, append([]string{"get", key}, as...)...)
		assert.Contains(t, text, `"photo":"iVBORw0KGgo`)
		ok(t, "put", key, "--hex", strings.Repeat("00", len(made)), "--clear")
		require.Equal(t, result{}, doWith(t, text, append([]string{"put", key, "--file", "-"}, as...)...))
		take := func(message []byte) string {
			args["base64"] = message
			return string(gui.Must("image.takeMessage", "", args).Value)
		}
		ours := gui.Do("shm.read", "m", nil).Bytes()[:len(made)]
		assert.JSONEq(t, take(made), take(ours))
	})
}
