//go:build cgo && (linux || windows)

package guess

import (
	"fmt"
	"image"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/qtbridge/datastream"
)

// What Qt programs write is taken for what it is, in both byte orders.
func TestMessagesOfPeers(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) {
			peer := peertest.New(t).Verbs(qt)
			for _, little := range []bool{false, true} {
				make := func(sample string, i int) string {
					args := peertest.Args{"type": sample, "sample": i, "version": int(datastream.Qt5_13), "little": little}
					return string(peer.Do("stream.make", "", args).Bytes())
				}
				for _, c := range []struct{ content, form string }{
					{make("QString", 1), "QString v1"},
					{make("QString", 2), "QString v1"},
					{make("QStringList", 1), "QStringList v1"},
					{make("QVariant", 1), "QVariant v1"},
					{make("qint32", 2) + make("QString", 1), "qint32 v1; QString v2"},
					{make("bool", 1) + make("QString", 1) + make("double", 1), "bool v1; QString v2; double v3"},
					{make("QString", 1) + make("double", 1) + make("qint32", 2) + make("QString", 2), "QString v1; double v2; qint32 v3; QString v4"},
					{make("QString", 1) + make("QVariant", 1)[5:], "QString v1; QVariantMap v2"},
					{make("QPair<int,QString>", 0), "qint32 v1; QString v2"},
				} {
					data := in(c.content)
					m, ok := FindMessage(data)
					require.True(t, ok, "%q", c.content)
					assert.Equal(t, c.form, m.Form, "little %v: % x", little, c.content)
					assert.Equal(t, little, m.LittleEndian, "%s: % x", c.form, c.content)
					assert.Equal(t, len(c.content), m.Size, "%s, little %v: % x", c.form, little, c.content)
					assert.LessOrEqual(t, m.Oldest, datastream.Qt5_13)
					assert.GreaterOrEqual(t, m.Newest, datastream.Qt5_13)
					found := Look(data)
					assert.Contains(t, found[0].What, "a QDataStream message", "%v", found)
					assert.Equal(t, m.As(), found[0].Show[1])
				}
			}
		})
	}
}

// A picture within a message is named with the values around it.
func TestPictureInMessage(t *testing.T) {
	for _, little := range []bool{false, true} {
		data, err := datastream.Marshal(datastream.Options{LittleEndian: little}, "oven", image.NewGray(image.Rect(0, 0, 8, 8)), "warm")
		require.NoError(t, err)
		f := Look(in(string(data)))[0]
		assert.Contains(t, f.What, "a QDataStream message")
		assert.Equal(t, "QString v1; QImage v2; QString v3", f.Show[len(f.Show)-1])
	}
}
