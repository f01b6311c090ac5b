//go:build cgo && (linux || windows)

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge/datastream"
)

const wheelFormat = "struct { QString name; double speed; QList<int> marks } wheel"

// madeBy is a message of a sample of cpp/testpeer/stream_verbs.cpp.
func madeBy(peer *peertest.Peer, sample string, i int, little bool) []byte {
	args := peertest.Args{"type": sample, "sample": i, "version": int(datastream.Qt5_13), "little": little}
	return peer.Do("stream.make", "", args).Bytes()
}

// takes tells whether a Qt program reads data as what it had written.
func takes(peer *peertest.Peer, sample string, i int, little bool, data []byte) any {
	args := peertest.Args{"type": sample, "sample": i, "version": int(datastream.Qt5_13), "little": little, "base64": data}
	return peer.Do("stream.take", "", args).Ret
}

// What a Qt program writes is JSON, and what is put from JSON the Qt program reads as what
// it wrote.
func TestDataStreamBothWays(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		for _, order := range []string{"big", "little"} {
			for sample, format := range map[string]string{"Wheel": wheelFormat, "QVariant": "QVariant v", "QMap<QString,int>": "QMap<QString,int> m"} {
				e := peertest.New(t)
				key := e.Name()
				i := map[string]int{"Wheel": 0, "QVariant": 1, "QMap<QString,int>": 1}[sample]
				peer := segmentOf(e, qt, key, make([]byte, 600))
				made := madeBy(peer, sample, i, order == "little")
				peer.Do("shm.write", "m", peertest.Args{"base64": made})
				as := []string{"--as", "datastream:5.15:" + order, "--format", format}
				text := ok(t, append([]string{"get", key}, as...)...)
				switch sample {
				case "Wheel":
					assert.Equal(t, `{"wheel":{"name":"left","speed":1.25,"marks":[1,2]}}`+"\n", text)
				case "QVariant":
					assert.Contains(t, text, `"bytes":{"QByteArray":"AP8="},"double":2.5,"int":42,"list":[1,"two",[],{"k":false}],"long":-5000000000,"none":null`)
				}
				ok(t, append([]string{"put", key, "--hex", strings.Repeat("00", len(made))}, "--clear")...)
				require.Equal(t, result{}, doWith(t, text, append([]string{"put", key, "--file", "-"}, as...)...))
				ours := peer.Do("shm.read", "m", nil).Bytes()[:len(made)]
				assert.Equal(t, true, takes(peer, sample, i, order == "little", ours), "%s", text)
			}
		}
	})
}

func TestDataStreamWatchPublishAndJSON(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	as := []string{"--as", "datastream:5.15", "--format", "QString name; qint32 n"}
	p := start(t, append([]string{"publish", key, `{"name":"x","n":3}`}, as...)...)
	w := start(t, append([]string{"watch", key, "--count", "1"}, as...)...)
	assert.Equal(t, map[string]any{"name": "x", "n": 3.0}, w.object())
	var shown struct {
		Values map[string]any
		Base64 []byte
	}
	require.NoError(t, json.Unmarshal([]byte(ok(t, append([]string{"get", key, "--json"}, as...)...)), &shown))
	assert.Equal(t, map[string]any{"name": "x", "n": 3.0}, shown.Values)
	assert.Equal(t, []byte("\x00\x00\x00\x02\x00x\x00\x00\x00\x03"), shown.Base64[:10])
	p.signal(syscall.SIGTERM)
	assert.Equal(t, exitOK, p.end().status)
}

// What is wrong is said, with the place and what would fit, and nothing is written.
func TestDataStreamRefused(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	peer := segmentOf(e, 6, key, make([]byte, 600))
	peer.Do("shm.write", "m", peertest.Args{"base64": madeBy(peer, "Wheel", 0, true)})
	segment, lock := files(t, key)
	before := string(e.Raw(segment))
	for _, bad := range []struct {
		says string
		args []string
	}{
		{"little-endian byte order", []string{"get", "--as", "datastream:5.15", "--format", wheelFormat}},
		{"wheel.name at byte 0", []string{"get", "--as", "datastream:5.15", "--format", wheelFormat}},
		{"no version of Qt", []string{"get", "--as", "datastream:klingon", "--format", "int n"}},
		{`no Qt type "u32"`, []string{"get", "--as", "datastream", "--format", "u32 n"}},
		{"none: ", []string{"get", "--as", "datastream", "--format", "@" + filepath.Join(e.Work, "none")}},
		{"nothing in it", []string{"get", "--as", "datastream", "--format", " "}},
		{"a command", append([]string{"watch", "--as", "datastream", "--"}, childThat("exits", "0")...)},
		{"give --format", []string{"put", "--as", "datastream", "{}"}},
		{"contradicts --hex", []string{"put", "--as", "datastream", "--format", "int n", "--hex", "00"}},
		{"contradicts --encoding", []string{"put", "--format", "int n", "{}", "--encoding", "latin1"}},
		{"nothing to write", []string{"put", "--format", "int n"}},
		{"no JSON object", []string{"put", "--as", "datastream", "--format", "int n", "{"}},
		{"n: not a value of the type: it is missing", []string{"put", "--as", "datastream", "--format", "int n", "{}"}},
		{"no qint32", []string{"put", "--as", "datastream", "--format", "int n", `{"n":1e3}`}},
		{"too long", []string{"put", "--as", "datastream", "--format", "QString s", `{"s":"` + strings.Repeat("x", 4096) + `"}`}},
		{"no JSON object", []string{"put", "--format", "int n", "[1]"}},
		{"the field int n is missing", []string{"put", "--format", "int n", "{}"}},
		{"no field \"m\"", []string{"put", "--format", "int n", `{"n":1,"m":1}`}},
		{"encode n at byte 4", []string{"put", "--format", "i32 x; u8 n", `{"n":256,"x":1}`}},
		{"is not a value of", []string{"put", "--format", "f64 n", `{"n":"x"}`}},
		{"encode a[0] at byte 0", []string{"put", "--format", "struct { u8 b; }[1] a", `{"a":[[1]]}`}},
		{"a[0]: the field u8 b is missing", []string{"put", "--format", "struct { u8 b; }[1] a", `{"a":[{}]}`}},
		{"no format", []string{"put", "--as", "hex", "00"}},
	} {
		args := append([]string{bad.args[0], key}, bad.args[1:]...)
		refused(t, exitUsage, bad.says, args...)
		assert.Equal(t, before, string(e.Raw(segment)), "%v", bad.args)
	}
	if datastream.Newest() < datastream.Qt6_7 { // else this Qt has all that are known
		refused(t, exitUsage, "has those from", "get", key, "--as", "datastream:6.7", "--format", "int n")
	}
	assert.Equal(t, 1, observer.Look(segment).Attached)
	assert.Equal(t, 1, observer.LookSemaphore(lock).Value)

	empty := e.Name()
	refused(t, exitUsage, "no qint8", "publish", empty, `{"n":300}`, "--as", "datastream", "--format", "qint8 n")
	nothing(t, empty)
	r := doWith(t, "{\"n\":1}\n{\"n\":}\n", "publish", empty, "--lines", "--as", "datastream", "--format", "qint8 n")
	assert.Equal(t, exitUsage, r.status)
	assert.Contains(t, r.err, "line 2: ")
	nothing(t, empty)
}

// A struct from JSON is read by a C++ program as what it is.
func TestPutStruct(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		peer := segmentOf(e, qt, key, make([]byte, 200))
		ok(t, "put", key, strings.TrimSpace(readingLine), "--offset", "8", "--format", readingFormat)
		assert.Equal(t, readingLine, ok(t, "get", key, "--offset", "8", "--format", readingFormat))
		ours := peer.Do("shm.read", "m", nil).Bytes()
		peer.Do("struct.write", "m", peertest.Args{"value": readingValue, "offset": 8})
		assert.Equal(t, peer.Do("shm.read", "m", nil).Bytes(), ours)
		assert.JSONEq(t, fmt.Sprintf(`{"key":%q,"size":%d,"offset":0,"length":8}`, key, pagedSize(200)),
			ok(t, "put", key, "--json", "--format", "f64 x", `{"x":"NaN"}`))
	})
}
