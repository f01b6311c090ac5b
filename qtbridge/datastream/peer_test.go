//go:build cgo && (linux || windows)

package datastream

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// wheel is Wheel in cpp/testpeer/stream_verbs.cpp.
type wheel struct {
	Name  string
	Speed float64
	Marks []int32
}

type intAndText struct {
	First  int32
	Second string
}

type textAndInt struct {
	Key   string
	Value int32
}

type regularExpression struct {
	Pattern string
	Options uint32
}

const wide = "é共😀"

var (
	sampleDate = Date{2024, time.February, 29}
	sampleTime = Time(23*time.Hour + 59*time.Minute + 58*time.Second + 123*time.Millisecond)
	sampleUUID = UUID{0x67, 0xc8, 0x77, 0x0b, 0x44, 0xf1, 0x41, 0x0a, 0xab, 0x9a, 0xf9, 0xb5, 0x44, 0x6f, 0x13, 0xee}
	sampleJSON = `{"a":[1,2.5,"x",true,null],"b":{}}`
)

func at(zone *time.Location) time.Time {
	return time.Date(2024, 2, 29, 23, 59, 58, 123e6, zone)
}

func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}

func tree() any {
	return map[string]any{
		"bool": true, "int": int32(42), "uint": uint32(4000000000), "long": int64(-5000000000), "double": 2.5,
		"text": wide, "none": nil, "list": []any{int32(1), "two", []any{}, map[string]any{"k": false}},
		"strings": []string{"a", "", "c"}, "bytes": []byte("\x00\xff"),
	}
}

func parseURL(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

// samples are those of cpp/testpeer/stream_verbs.cpp, by the names there.
func samples() map[string]any {
	return map[string]any{
		"bool": []bool{false, true}, "qint8": []int8{0, -128, 127}, "quint8": []uint8{0, 255},
		"qint16": []int16{0, -32768, 258}, "quint16": []uint16{0, 65535, 258},
		"qint32": []int32{0, math.MinInt32, 16909060}, "quint32": []uint32{0, math.MaxUint32, 16909060},
		"qint64": []int64{0, math.MinInt64, 72623859790382856}, "quint64": []uint64{0, math.MaxUint64, 72623859790382856},
		"float": []float32{0, -1.5, 3.25e20}, "double": []float64{0, -1.5, 1e10},
		"QChar": []Char{'a', 0xD83D, 0}, "QString": []string{"", "abc", wide, "a\x00b"}, "QString*": []*string{nil},
		"QByteArray": [][]byte{{}, []byte("\x00\xffz")}, "QStringList": [][]string{{}, {"a", "", wide}},
		"QList<int>": [][]int32{{}, {1, -2, 3}}, "QVector<double>": [][]float64{{}, {0.5, -1e9}},
		"QList<QList<QString>>":  [][][]string{{}, {{}, {"a"}, {"b", "c"}}},
		"QMap<QString,int>":      []map[string]int32{{}, {"a": 1, "b": 2, wide: 3, "Z": 4}},
		"QMap<int,QStringList>":  []map[int32][]string{{}, {-1: {}, 7: {"x"}, 3: {"y", "z"}}},
		"QHash<QString,QString>": []map[string]string{{}, {"k": "v"}}, "QHash<int,int>": []map[int32]int32{{1: 2, 3: 4, 5: 6}},
		"QPair<int,QString>": []intAndText{{-7, "seven"}},
		"QDate":              []Date{{}, sampleDate, {-1, 12, 31}, {1, 1, 1}, {1582, 10, 4}},
		"QTime":              []Time{-1, 0, sampleTime},
		"QDateTime": []time.Time{{}, at(time.UTC), at(time.FixedZone("", -19800)), at(berlin()),
			time.Date(1969, 7, 20, 20, 17, 0, 0, time.UTC)},
		"QDateTime local": []time.Time{at(time.Local)}, "QUuid": []UUID{{}, sampleUUID},
		"QUrl":  []*url.URL{{}, parseURL("https://user@example.org:81/a%20b?q=1#f"), parseURL("file:///tmp/x")},
		"QSize": []Size{{0, 0}, {-1, 1080}}, "QSizeF": []SizeF{{0.5, -2.25}}, "QPoint": []Point{{1, -2}},
		"QPointF": []PointF{{1.5, -2.25}}, "QRect": []Rect{{}, {-1, 2, 30, 40}}, "QRectF": []RectF{{-1.5, 2, 30, 40.25}},
		"QLine": []Line{{1, 2, -3, 4}}, "QLineF": []LineF{{1, 2.5, -3, 4}},
		"QBitArray":     []Bits{{}, {true, true, true, true, true, true, true, true, true}, {0: true, 16: true}},
		"QJsonValue":    []JSON{JSON("null"), JSON("true"), JSON("2.5"), JSON(`"x"`), JSON(sampleJSON)},
		"QJsonDocument": []json.RawMessage{json.RawMessage(sampleJSON), json.RawMessage(`[1,"a"]`)},
		"QJsonObject":   []Object{Object(sampleJSON)}, "QJsonArray": []Array{Array(`[1,"a"]`)},
		"QCborValue": []CBOR{CBOR("\xa1\x61a\x01"), CBOR("\x24")},
		"QVariant": []any{nil, tree(), true, int8(-3), uint8(200), int16(-300), uint16(60000), int32(-70000), uint32(3000000000),
			int64(-1), uint64(1), float32(1.5), 2.5, Char('x'), wide, []byte("b"), []string{"s"}, []any{int32(1), []any{int32(2)}},
			Hash{"h": int32(1)}, sampleDate, sampleTime, at(time.UTC), sampleUUID, parseURL("http://a/b"), Size{1, 2}, SizeF{1, 2},
			Point{1, 2}, PointF{1, 2}, Rect{1, 2, 3, 4}, RectF{1, 2, 3, 4}, Line{1, 2, 3, 4}, LineF{1, 2, 3, 4}, Bits{true, true, true}},
		"QVariant of JSON":       []any{JSON("2.5"), Object(sampleJSON), Array("[1]"), json.RawMessage(sampleJSON), CBOR("\x07")},
		"QMultiMap<QString,int>": [][]textAndInt{{{"b", 2}, {"b", 2}}}, "QLocale": []string{"C", "de_DE"},
		"QRegularExpression": []regularExpression{{"a+", 5}},
		"Wheel":              []wheel{{"left", 1.25, []int32{1, 2}}, {"", 0, []int32{}}},
	}
}

// setup is how both sides set their QDataStream.
type setup struct {
	version        Version
	little, single bool
}

func (s setup) options() Options {
	return Options{Version: s.version, LittleEndian: s.little, SinglePrecision: s.single}
}

func (s setup) String() string {
	return fmt.Sprintf("%v %s single=%v", s.version, s.options().order(), s.single)
}

// allSetups are all versions that both Qts have.
func allSetups(newest Version) (all []setup) {
	for version := Qt4_0; version <= newest; version++ {
		all = append(all, setup{version, version%2 == 0, false}, setup{version, version%2 == 1, true})
	}
	return all
}

// newestOf is the newest version of a peer's Qt, and of ours.
func newestOf(peer *peertest.Peer) Version {
	var major, minor int
	_, err := fmt.Sscanf(peer.QtVersion, "%d.%d", &major, &minor)
	require.NoError(peer.T(), err)
	newest := Qt5_13
	switch {
	case major == 6 && minor >= 7:
		newest = Qt6_7
	case major == 6 && minor == 6:
		newest = Qt6_6
	case major == 6:
		newest = Qt6_0
	}
	return min(newest, Newest())
}

// What Qt writes by its own operators Go reads, and what Go writes Qt reads, for each
// type, version, byte order and precision. The bytes are the same, where Qt has one form.
func TestEachTypeWithPeers(t *testing.T) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("go-qt%s/peer-qt%d", native.VersionRunning()[:1], qt), func(t *testing.T) {
			peer := peertest.New(t).Verbs(qt)
			for _, s := range allSetups(newestOf(peer)) {
				for name, list := range samples() {
					v := reflect.ValueOf(list)
					for i := range v.Len() {
						exchange(t, peer, s, name, i, v.Index(i))
					}
				}
				if t.Failed() {
					t.Fatalf("with %v", s)
				}
			}
		})
	}
}

func exchange(t *testing.T, peer *peertest.Peer, s setup, name string, i int, sample reflect.Value) {
	t.Helper()
	what := fmt.Sprintf("%s %d, %v", name, i, s)
	args := peertest.Args{"type": name, "sample": i, "version": int(s.version), "little": s.little, "single": s.single}
	made := peer.Do("stream.make", "", args).Bytes()
	sameMajor := peer.QtVersion[0] == native.VersionRunning()[0]
	bytes := !isUnordered(name, sameMajor) && !(name == "QVariant" && i == 1 && !sameMajor)

	target := reflect.New(sample.Type())
	if err := Unmarshal(made, s.options(), target.Interface()); !assert.NoError(t, err, "%s: % x", what, made) {
		return
	}
	ours, err := Marshal(s.options(), marshaled(sample))
	if !assert.NoError(t, err, what) {
		return
	}
	if bytes {
		assert.Equal(t, made, ours, what)
	}
	args["base64"] = ours
	r := peer.Do("stream.take", "", args)
	assert.JSONEq(t, `{"status":0,"left":0}`, string(r.Value), what)
	if isKept(s, sample) {
		assertSame(t, sample.Interface(), target.Elem().Interface(), what)
		assert.Equal(t, true, r.Ret, "%s: the peer has read % x", what, ours)
		return
	}
	// Neither side gets back what it had, but both get the same if they have the same Qt:
	// what is UTC for Qt 6.8 is local time for Qt 6.4, in version Qt_5_0.
	again, err := Marshal(s.options(), target.Interface())
	require.NoError(t, err, what)
	if peer.QtVersion == native.VersionRunning() {
		assert.Equal(t, r.Bytes(), again, what)
	}
}

// marshaled is a sample as an argument: a QVariant is a pointer to an any.
func marshaled(sample reflect.Value) any {
	if sample.Kind() != reflect.Interface {
		return sample.Interface()
	}
	p := reflect.New(sample.Type())
	p.Elem().Set(sample)
	return p.Interface()
}

// isUnordered tells whether Qt writes the elements in no order, or in another one if it
// is of another major version.
func isUnordered(name string, sameMajor bool) bool {
	return name == "QHash<int,int>" || strings.HasPrefix(name, "QMap") && !sameMajor
}

// isKept tells whether Qt itself gets back what it has written: before Qt 5.2 a QDateTime
// lost how far from UTC it is.
func isKept(s setup, sample reflect.Value) bool {
	when, ok := sample.Interface().(time.Time)
	return !ok || s.version >= Qt5_2 || when.Location() == time.UTC || when.Location() == time.Local || when.IsZero()
}

func assertSame(t *testing.T, want, got any, what string) {
	t.Helper()
	if a, ok := want.(time.Time); ok {
		b, ok := got.(time.Time)
		assert.True(t, ok && a.Equal(b), "%s: %v instead of %v", what, got, want)
		return
	}
	assert.Equal(t, want, got, what)
}
