//go:build cgo && linux

package datastream

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// album is what guipeer's image.makeMessage writes.
type album struct {
	Name   string
	Photo  image.Image
	Photos []image.Image
	Pixmap image.Image `qt:"QPixmap"`
	Map    map[string]any
}

// seen is a picture as Qt sees it.
type seen struct {
	Type          string
	Width, Height int
	Premultiplied bool
	Pixels        string
}

// A message with pictures in it, of each version in both byte orders: what Qt writes Go reads,
// pixel by pixel, and what Go writes of that Qt reads as it does its own.
func TestPicturesWithPeers(t *testing.T) {
	const argb32 = 5
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) {
			peer := peertest.New(t).GUIVerbs(qt)
			for version := Qt4_0; version <= newestOf(peer); version++ {
				for _, little := range []bool{false, true} {
					what := fmt.Sprintf("%v, little=%v", version, little)
					o := Options{Version: version, LittleEndian: little}
					args := peertest.Args{"format": argb32, "width": 17, "height": 6, "version": int(version), "little": little}
					made := peer.Must("image.makeMessage", "", args).Bytes()
					var a album
					require.NoError(t, Unmarshal(made, o, &a), what)
					byQt := takenBy(t, peer, args, made)
					assertAlbum(t, byQt, a)
					ours, err := Marshal(o, a)
					require.NoError(t, err, what)
					assert.Equal(t, byQt, takenBy(t, peer, args, ours), what)
					assertForm(t, o, made)
				}
			}
		})
	}
}

func takenBy(t *testing.T, peer *peertest.Peer, args peertest.Args, message []byte) (all map[string]seen) {
	t.Helper()
	args["base64"] = message
	require.NoError(t, json.Unmarshal(peer.Must("image.takeMessage", "", args).Value, &all))
	delete(args, "base64")
	return all
}

func assertAlbum(t *testing.T, byQt map[string]seen, a album) {
	t.Helper()
	const aPixmapsRounding = 0x101 // 8 bits, multiplied by alpha
	assert.Equal(t, "photo", a.Name)
	assertSeen(t, byQt["image"], a.Photo, 0)
	assertSeen(t, byQt["pixmap"], a.Pixmap, aPixmapsRounding)
	require.Len(t, a.Photos, 2)
	assert.Nil(t, a.Photos[0])
	assertSeen(t, byQt["list 1"], a.Photos[1], 0)
	require.Len(t, a.Map, 6)
	assert.IsType(t, Pixmap{}, a.Map["pixmap"])
	assert.IsType(t, Bitmap{}, a.Map["bitmap"])
	assertSeen(t, byQt["map image"], a.Map["image"].(image.Image), 0)
	assertSeen(t, byQt["map pixmap"], a.Map["pixmap"].(image.Image), aPixmapsRounding)
	assertSeen(t, byQt["map bitmap"], a.Map["bitmap"].(image.Image), 0)
	list := a.Map["list"].([]any)
	assertSeen(t, byQt["map list"], list[0].(image.Image), 0)
	assert.Equal(t, int32(7), list[1])
	assert.Equal(t, &image.NRGBA{}, a.Map["null image"])
	assert.Equal(t, "QImage", byQt["map null image"].Type)
	assert.Equal(t, "QPixmap", byQt["map null pixmap"].Type)
	assert.Equal(t, "QBitmap", byQt["map bitmap"].Type)
}

// assertSeen compares m with what Qt sees, each pixel with 16 bits a channel.
func assertSeen(t *testing.T, want seen, m image.Image, slack int) {
	t.Helper()
	pixels, err := base64.StdEncoding.DecodeString(want.Pixels)
	require.NoError(t, err)
	b := m.Bounds()
	require.Equal(t, image.Pt(want.Width, want.Height), b.Size())
	colours := map[[4]uint16]bool{}
	for i := range b.Dx() * b.Dy() {
		var qt [4]uint16
		for j := range qt {
			qt[j] = binary.NativeEndian.Uint16(pixels[8*i+2*j:])
		}
		colours[qt] = true
		got := channels(m.At(b.Min.X+i%b.Dx(), b.Min.Y+i/b.Dx()), want.Premultiplied)
		for j := range got {
			if off := int(got[j]) - int(qt[j]); max(off, -off) > slack {
				t.Fatalf("pixel %d: Qt sees %v, Go %v", i, qt, got)
			}
		}
	}
	require.Greater(t, len(colours), 1, "the picture shows nothing")
}

func channels(c color.Color, premultiplied bool) [4]uint16 {
	if n, ok := c.(color.NRGBA); ok && !premultiplied {
		return [4]uint16{uint16(n.R) * 0x101, uint16(n.G) * 0x101, uint16(n.B) * 0x101, uint16(n.A) * 0x101}
	}
	if premultiplied {
		p := color.RGBA64Model.Convert(c).(color.RGBA64)
		return [4]uint16{p.R, p.G, p.B, p.A}
	}
	n := color.NRGBA64Model.Convert(c).(color.NRGBA64)
	return [4]uint16{n.R, n.G, n.B, n.A}
}

// assertForm reads a message as JSON and writes it again: the PNGs are the same.
func assertForm(t *testing.T, o Options, made []byte) {
	t.Helper()
	form, err := ParseForm("QString name; QImage photo; QList<QImage> photos; QPixmap pixmap; QVariantMap map")
	require.NoError(t, err)
	values, size, err := form.DecodeJSON(made, o)
	require.NoError(t, err)
	assert.Equal(t, len(made), size)
	again, err := form.EncodeJSON(values, o)
	require.NoError(t, err)
	valuesAgain, _, err := form.DecodeJSON(again, o)
	require.NoError(t, err)
	assert.JSONEq(t, string(values), string(valuesAgain))
}

// A QVariant with a null picture is written again as it was: as Qt writes it, it is not null
// itself, and one that is stays so.
func TestNullPicturesStayTheSame(t *testing.T) {
	form, err := ParseForm("QVariant v")
	require.NoError(t, err)
	for _, qt := range peertest.QtVersions {
		peer := peertest.New(t).GUIVerbs(qt)
		for version := Qt4_0; version <= newestOf(peer); version++ {
			for _, little := range []bool{false, true} {
				o := Options{Version: version, LittleEndian: little}
				made := peer.Must("image.makeMessage", "", peertest.Args{"format": 5, "width": 2, "height": 2, "version": int(version), "little": little}).Bytes()
				for _, key := range []string{"null image", "null pixmap", "image", "pixmap", "bitmap"} {
					name, err := Marshal(o, key)
					require.NoError(t, err)
					_, rest, found := bytes.Cut(made, name)
					require.True(t, found)
					for flag := range byte(2) {
						if flag == 1 && (version < Qt4_2 || !strings.HasPrefix(key, "null")) {
							continue
						}
						if version >= Qt4_2 {
							assert.Zero(t, rest[4], "%s of Qt %d", key, qt)
							rest = bytes.Clone(rest)
							rest[4] = flag
						}
						values, size, err := form.DecodeJSON(rest, o)
						require.NoError(t, err)
						again, err := form.EncodeJSON(values, o)
						require.NoError(t, err)
						assert.Equal(t, rest[:size], again, "peer on Qt %d, %v, %s: %.60s", qt, o, key, values)
						if !strings.HasPrefix(key, "null") {
							continue // a PNG of Go has other bytes
						}
						var value any
						require.NoError(t, NewDecoder(rest, o).Decode(&value))
						again, err = Marshal(o, &value)
						require.NoError(t, err)
						assert.Equal(t, rest[:size], again, "peer on Qt %d, %v, %s: %#v", qt, o, key, value)
						_, isNull := value.(Null)
						assert.Equal(t, flag == 1, isNull, "%#v", value)
					}
				}
			}
		}
	}
}
