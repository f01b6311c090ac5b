package qtbridge

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/native"
)

// typeWord is the word of native keys here.
var typeWord = nativeKeyType.word()

// A name that Qt makes of the key "a&b".
const (
	legacyAmpersand = "a&b"
	legacyName      = "qipc_sharedmemory_ab9cea8e74f534363e38537fb94bed4d57eabbcd3e"
)

func TestParseIpcKey(t *testing.T) {
	for text, want := range map[string]Key{
		":/x":                                 NativeKey("/x"),
		":x":                                  NativeKey("x"),
		":/a b":                               NativeKey("/a b"),
		":/a%20b%2Fc":                         NativeKey("/a b/c"),
		":/a+b":                               NativeKey("/a+b"),
		":/%25%3f%23":                         NativeKey("/%?#"),
		":/%2Fx":                              NativeKey("//x"),
		":///x":                               NativeKey("/x"),
		":////x":                              NativeKey("//x"),
		":a:b":                                NativeKey("a:b"),
		":/x#fragment?":                       NativeKey("/x"),
		":/x?":                                NativeKey("/x"),
		":/x?legacyKey=":                      NativeKey("/x"),
		":é%E5%85%B1":                         NativeKey("é共"),
		":" + legacyName + "?legacyKey=a%26b": {name: legacyName, kind: nativeKeyType, legacy: legacyAmpersand},
		":" + legacyName + "?legacy%4Bey=a%26b&#x":        {name: legacyName, kind: nativeKeyType, legacy: legacyAmpersand},
		":" + legacyName + "?legacyKey=x&legacyKey=a%26b": {name: legacyName, kind: nativeKeyType, legacy: legacyAmpersand},
	} {
		for _, word := range []string{typeWord, strings.ToUpper(typeWord)} {
			key, err := ParseKey(word + text)
			require.NoError(t, err, text)
			assert.Equal(t, want, key, text)
			again, err := ParseKey(key.String())
			require.NoError(t, err, text)
			assert.Equal(t, key, again, text)
		}
	}
}

func TestParseIpcKeyRefuses(t *testing.T) {
	for text, remedy := range map[string]string{
		":":                 "no name",
		":#x":               "no name",
		":?legacyKey=":      "no name",
		":/a%zz":            "%25",
		":/a%":              "%25",
		":/a%2":             "%25",
		":/a%00":            "NUL",
		":/a\x00":           "NUL",
		":/a%ff":            "UTF-8",
		":/a\xff":           "UTF-8",
		"://host/x":         "/%2F",
		"://":               "/%2F",
		":/x?y":             "%3F",
		":/x?legacykey=y":   "%3F",
		":/x?&legacyKey=y":  "%3F",
		":/x?legacyKey=y":   "qipc_sharedmemory_y95cb0bfd2977c761298d9624e4b4d4c72a39974a",
		":/x?legacyKey=%zz": "%25",
		":/x?legacyKey=%00": "NUL",
		":/x?legacyKey=%ff": "UTF-8",
		":/d/" + legacyName + "x?legacyKey=a%26b": "legacy key alone",
		":/d/" + legacyName + "?legacyKey=a":      "legacy key alone",
	} {
		_, err := ParseKey(typeWord + text)
		assert.ErrorIs(t, err, ErrKey, text)
		assert.ErrorContains(t, err, remedy, text)
	}
	for _, word := range []string{"systemv-0", "systemv-256", "systemv-", "systemv--1", "systemv-x", "posix-1", "system"} {
		_, err := ParseKey(word + ":/x")
		assert.ErrorIs(t, err, ErrKey, word)
		assert.ErrorContains(t, err, "systemv-255", word)
	}
}

func TestParseKeyOfAnotherSystem(t *testing.T) {
	for word, t2 := range map[string]keyType{"systemv": systemVKey, "posix": posixKey, "windows": windowsKey, "systemv-084": 84} {
		key, err := ParseKey(word + ":/x")
		if hasKeyType(t2) {
			require.NoError(t, err)
			assert.Equal(t, Key{name: "/x", kind: t2}, key)
			continue
		}
		assert.ErrorIs(t, err, ErrUnsupported, word)
		assert.ErrorContains(t, err, "native:NAME")
	}
	assert.True(t, hasKeyType(nativeKeyType))
}

func TestIpcText(t *testing.T) {
	for name, want := range map[string]string{
		"/tmp/a_b-c.d~e": "/tmp/a_b-c.d~e",
		"//two":          "/%2Ftwo",
		"///":            "/%2F/",
		"/50%?#é :x":     "/50%25%3F%23é :x",
		"\n\x7f":         "%0A%7F",
	} {
		assert.Equal(t, "posix:"+want, PosixKey(name).String())
		assert.Equal(t, "systemv-84:"+want, Key{name: name, kind: 84}.String())
	}
	assert.Equal(t, "posix:x?legacyKey=%25%23%26%3D?+ é", ipcText("posix", "x", "%#&=?+ é"))
}

// nastyNames are names that are not what they seem in a URL.
var nastyNames = []string{"/", "//", "///", "//a", "/%2F", "%", "%2", "%zz", "%25", "a%", "/a//b", " ", "/ ", "a:b", ":", "C:/x",
	"..", "/a/../b", "./a", "\t", "/a\n", "é", "e\u0301", "\ufeff", "\u202e", "?", "#", "?#", "[x]", `\\a`, "a&b=c+d;e", "🀄"}

// The text is Qt's, both ways.
func TestIpcTextAgreesWithQt(t *testing.T) {
	if !native.HasNativeIpcKeys() {
		t.Log("this Qt has no QNativeIpcKey")
		return
	}
	names := slices.Clone(nastyNames)
	for range 10_000 {
		names = append(names, randomName())
	}
	for i, name := range names {
		kind := []keyType{systemVKey, posixKey, windowsKey, 1, 84, 255}[i%6]
		theirs := native.NewNativeIpcKey(name, native.KeyType(kind))
		text := ipcText(kind.word(), name, "")
		require.Equal(t, theirs.String(), text, "%q", name)
		key, problem := parseIpcKey(kind, strings.TrimPrefix(text, kind.word()+":"))
		require.Empty(t, problem)
		require.Equal(t, Key{name: name, kind: kind}, key, "%q", text)

		// The same as a legacy key, with the name that Qt makes of it.
		legacy := native.SharedMemoryLegacyNativeKey(name, native.LegacyDefaultTypeForOs())
		parsed, err := ParseKey(legacy)
		require.NoError(t, err, "%q", legacy)
		require.Equal(t, name, parsed.legacy)
		require.Equal(t, legacy, parsed.String())
		require.Equal(t, native.ParseNativeIpcKey(legacy).NativeKey(), parsed.name)
		require.Equal(t, ipc.RestOf(name), strings.TrimPrefix(filepath.Base(parsed.name), ipc.SegmentPrefix))
	}
}

// Of any text, what we understand Qt understands as well, and as the same.
func TestParseIpcKeyAgreesWithQt(t *testing.T) {
	if !native.HasNativeIpcKeys() {
		t.Log("this Qt has no QNativeIpcKey")
		return
	}
	understood := 0
	for range 10_000 {
		kind := []keyType{systemVKey, posixKey, 84}[rand.N(3)]
		text := kind.word() + ":" + randomText()
		theirs := native.ParseNativeIpcKey(text)
		key, problem := parseIpcKey(kind, strings.TrimPrefix(text, kind.word()+":"))
		if strings.Contains(problem, "of the legacy key") {
			problem = "" // Qt does not mind
		}
		if problem != "" {
			continue
		}
		understood++
		require.Equal(t, native.KeyType(kind), theirs.Type(), "%q", text)
		require.Equal(t, theirs.NativeKey(), key.name, "%q", text)
		require.Equal(t, theirs.String(), ipcText(kind.word(), key.name, key.legacy), "%q", text)
	}
	assert.Greater(t, understood, 1000)
}

// randomName is a name of characters that matter to URLs, and of others.
func randomName() string {
	const marks = "/%?#&=+:;@[]\\\"<>{}|^` .~"
	others := []rune("éß共享🀄\u0301\u00a0\u2028\ufeff\U000e0001\uffff")
	var b strings.Builder
	for range 1 + rand.N(12) {
		switch rand.N(4) {
		case 0:
			b.WriteByte(marks[rand.N(len(marks))])
		case 1:
			b.WriteByte(byte(1 + rand.N(127)))
		case 2:
			b.WriteRune(others[rand.N(len(others))])
		default:
			b.WriteByte(byte('a' + rand.N(26)))
		}
	}
	return b.String()
}

// randomText is of pieces of the texts of keys.
func randomText() string {
	pieces := []string{"/", "//", "a", "%41", "%2f", "%25", "%zz", "%", "?", "#", "legacyKey", "=", "&", "?legacyKey=", "&legacyKey=",
		"é", " ", "+", ":", "@", "%C3%A9", "%ff", "[", "\n", "%00", "legacy%4Bey"}
	var b strings.Builder
	for range rand.N(8) {
		b.WriteString(pieces[rand.N(len(pieces))])
	}
	return b.String()
}
