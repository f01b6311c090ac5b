//go:build cgo

package guess

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge/datastream"
)

// A picture in a QVariant, alone or as the first value of a QVariantMap, as a Qt program of either
// version writes it.
func TestPicturesInQVariantsOfPeers(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) {
			peer := peertest.New(t).GUIVerbs(qt)
			versions := []datastream.Version{datastream.Qt4_2, datastream.Qt5_13}
			if qt == 6 && datastream.Newest() >= datastream.Qt6_0 {
				versions = append(versions, datastream.Qt6_0)
			}
			for _, version := range versions {
				for _, little := range []bool{false, true} {
					o := datastream.Options{Version: version, LittleEndian: little}
					args := peertest.Args{"format": 5, "width": 17, "height": 6, "version": int(version), "little": little}
					made := peer.Must("image.makeMessage", "", args).Bytes()
					var before struct {
						Name   string
						Photo  image.Image
						Photos []image.Image
						Pixmap image.Image `qt:"QPixmap"`
					}
					d := datastream.NewDecoder(made, o)
					require.NoError(t, d.Decode(&before))
					pictures := string(made[d.Offset():])
					for key, name := range map[string]string{"image": "QImage", "pixmap": "QPixmap", "bitmap": "QBitmap"} {
						one := afterKey(t, pictures, key, o)
						data := in(one)
						m, ok := FindMessage(data)
						require.True(t, ok, "%s, %v", name, o)
						assert.Equal(t, "QVariant v1", m.Form, "%s, %v", name, o)
						assert.Equal(t, little, m.LittleEndian)
						assert.Equal(t, len(one), m.Size, "%s, %v", name, o)
						assert.LessOrEqual(t, m.Oldest, version)
						assert.GreaterOrEqual(t, m.Newest, version)
						f := Look(data)[0]
						assert.Contains(t, f.What, "a QDataStream message")
						assert.Contains(t, f.Reasons, "at byte 0 is a QVariant whose type is "+name+", with the marker of a picture and a PNG behind it")
					}
					m, ok := FindMessage(in(pictures))
					require.True(t, ok, "%v", o)
					assert.Equal(t, "QVariantMap v1", m.Form, "%v", o)
					assert.Equal(t, len(pictures), m.Size)
				}
			}
		})
	}
}

// afterKey is the QVariant behind a key of a QVariantMap.
func afterKey(t *testing.T, message, key string, o datastream.Options) string {
	t.Helper()
	name, err := datastream.Marshal(o, key)
	require.NoError(t, err)
	_, rest, found := strings.Cut(message, string(name))
	require.True(t, found)
	var value any
	d := datastream.NewDecoder([]byte(rest), o)
	require.NoError(t, d.Decode(&value))
	return rest[:d.Offset()]
}
