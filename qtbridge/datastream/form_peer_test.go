//go:build cgo && (linux || windows)

package datastream

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// formOf is the type of a sample of cpp/testpeer/stream_verbs.cpp, as text.
func formOf(sample string) string {
	switch sample {
	case "QString*":
		return "QString"
	case "QDateTime local":
		return "QDateTime"
	case "QVariant of JSON":
		return "QVariant"
	case "Wheel":
		return "struct { QString name; double speed; QList<int> marks }"
	}
	return sample
}

// What Qt writes becomes JSON, and that what the same Qt program reads as what it wrote.
func TestFormsWithPeers(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("go-qt%s/peer-qt%d", native.VersionRunning()[:1], qt), func(t *testing.T) {
			peer := peertest.New(t).Verbs(qt)
			newest := newestOf(peer)
			for name, list := range samples() {
				if isOfOthers(name) {
					continue
				}
				form, err := ParseForm(formOf(name) + " value; // " + name)
				if !assert.NoError(t, err, name) {
					continue
				}
				for _, s := range []setup{{newest, false, false}, {Qt5_2, true, true}} {
					for i := range reflect.ValueOf(list).Len() {
						throughJSON(t, peer, form, s, name, i)
					}
				}
			}
		})
	}
}

// isOfOthers tells whether a form has no name for a type, which is made of others.
func isOfOthers(name string) bool {
	return slices.Contains([]string{"QLocale", "QRegularExpression", "QMultiMap<QString,int>"}, name)
}

func throughJSON(t *testing.T, peer *peertest.Peer, form *Form, s setup, name string, i int) {
	t.Helper()
	what := fmt.Sprintf("%s %d, %v", name, i, s)
	args := peertest.Args{"type": name, "sample": i, "version": int(s.version), "little": s.little, "single": s.single}
	made := peer.Do("stream.make", "", args).Bytes()
	text, size, err := form.DecodeJSON(append(made, 0, 0, 0), s.options())
	if !assert.NoError(t, err, what) {
		return
	}
	assert.Equal(t, len(made), size, what)
	ours, err := form.EncodeJSON(text, s.options())
	if !assert.NoError(t, err, "%s: %s", what, text) {
		return
	}
	args["base64"] = ours
	r := peer.Do("stream.take", "", args)
	assert.JSONEq(t, `{"status":0,"left":0}`, string(r.Value), what)
	assert.Equal(t, true, r.Ret, "%s: %s", what, text)
	if strings.HasPrefix(name, "QVariant") {
		assert.NotContains(t, string(text), `"":`, "%s: a type without a name: %s", what, text)
	}
}
