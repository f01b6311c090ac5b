//go:build cgo && (linux || windows)

package native

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What Qt's own tst_QNativeIpcKey of 6.8 tests, function by function and row by row
// under Qt's names, if the Qt that runs has the class. A value in Go has no functions to
// copy, swap, compare or hash it: compareCompiles, hash and swap are what Go does, and
// are played all the same.
func TestTstQNativeIpcKey(t *testing.T) {
	if !HasNativeIpcKeys() {
		t.Log("this Qt has no QNativeIpcKey")
		return
	}
	t.Run("defaultTypes", tstDefaultTypes)
	t.Run("construct", tstConstructKey)
	t.Run("getSetCheck", tstGetSetCheck)
	t.Run("equality, compareCompiles", tstEquality)
	t.Run("hash", tstHash)
	t.Run("swap", tstSwap)
	t.Run("toString", tstToString)
	t.Run("fromString", tstFromString)
	t.Run("legacyKeys", tstLegacyKeys)
}

func tstDefaultTypes(t *testing.T) {
	assert.EqualValues(t, 'Q', SystemV)
	known := []KeyType{SystemV, PosixRealtime, Windows}
	assert.Contains(t, known, DefaultTypeForOs())
	assert.Contains(t, known, LegacyDefaultTypeForOs())
	assert.Equal(t, osDefaultType, DefaultTypeForOs())
	assert.Equal(t, osLegacyType, LegacyDefaultTypeForOs())
}

func requireKey(t *testing.T, k NativeIpcKey, name string, keyType KeyType) {
	t.Helper()
	require.Equal(t, name, k.NativeKey())
	require.Equal(t, name == "", k.IsEmpty())
	require.Equal(t, keyType, k.Type())
	require.Equal(t, keyType != 0, k.IsValid())
}

func tstConstructKey(t *testing.T) {
	requireKey(t, NewNativeIpcKey("", 0), "", 0)
	for _, name := range []string{"", "dummy"} {
		key := NewNativeIpcKey(name, DefaultTypeForOs())
		requireKey(t, key, name, DefaultTypeForOs())
		copied := key
		requireKey(t, copied, name, DefaultTypeForOs())
		copied.SetType(0)
		copied.SetNativeKey("something else")
		requireKey(t, copied, "something else", 0)
		requireKey(t, key, name, DefaultTypeForOs())
		copied = key
		requireKey(t, copied, name, DefaultTypeForOs())
	}
}

func tstGetSetCheck(t *testing.T) {
	key := NewNativeIpcKey("key1", Windows)
	requireKey(t, key, "key1", Windows)
	key.SetType(SystemV)
	requireKey(t, key, "key1", SystemV)
	key.SetNativeKey("key2")
	requireKey(t, key, "key2", SystemV)
}

// legacyKeyOf is the key that Qt's test makes with makeLegacyKey().
func legacyKeyOf(name string, keyType KeyType) NativeIpcKey {
	return ParseNativeIpcKey(SharedMemoryLegacyNativeKey(name, keyType))
}

func tstEquality(t *testing.T) {
	key1, key2 := NewNativeIpcKey("", DefaultTypeForOs()), NewNativeIpcKey("", DefaultTypeForOs())
	assert.Equal(t, key1, key2)
	key1.SetNativeKey("key1")
	assert.NotEqual(t, key1, key2)
	key2.SetType(0)
	assert.NotEqual(t, key1, key2)
	key2.SetNativeKey(key1.NativeKey())
	assert.NotEqual(t, key1, key2)
	key2.SetType(DefaultTypeForOs())
	assert.Equal(t, key1, key2)

	key1 = legacyKeyOf("key1", DefaultTypeForOs())
	assert.NotEqual(t, key1, key2)
	key2 = key1
	assert.Equal(t, key1, key2)
	key2.SetNativeKey(key1.NativeKey())
	assert.NotEqual(t, key1, key2, "the legacy key is gone")
}

func tstHash(t *testing.T) {
	key := NewNativeIpcKey("key1", DefaultTypeForOs())
	same := NewNativeIpcKey("key1", DefaultTypeForOs())
	assert.Contains(t, map[NativeIpcKey]bool{key: true}, same)
}

func tstSwap(t *testing.T) {
	key1, key2 := NewNativeIpcKey("key1", PosixRealtime), NewNativeIpcKey("key2", Windows)
	key1, key2 = key2, key1
	requireKey(t, key2, "key1", PosixRealtime)
	requireKey(t, key1, "key2", Windows)
	key1 = legacyKeyOf("key1", DefaultTypeForOs())
	key1, key2 = key2, key1
	requireKey(t, key1, "key1", PosixRealtime)
	assert.Equal(t, DefaultTypeForOs(), key2.Type())
}

// keyStrings are the rows of toString: names, and how they are written.
var keyStrings = [][2]string{
	{"", ""}, {"foobar", "foobar"}, {"/sometext", "/sometext"}, {`Global\sometext`, `Global\sometext`}, {":/", ":/"}, {"/:", "/:"},
	{"%", "%25"}, {"?#", "%3F%23"}, {"#?", "%23%3F"}, {"//", "/%2F"}, {"///", "/%2F/"}, {"é", "é"}, {"\u00a0ÿ", "\u00a0ÿ"},
	{"\u0100.\u2000.\U00010000", "\u0100.\u2000.\U00010000"},
}

var keyPrefixes = map[string]KeyType{
	"systemv": SystemV, "posix": PosixRealtime, "windows": Windows, "systemv-1": 1, "systemv-84": 'T', "systemv-255": 0xff,
}

func tstToString(t *testing.T) {
	assert.Empty(t, NewNativeIpcKey("", 0).String())
	for prefix, keyType := range keyPrefixes {
		for _, row := range keyStrings {
			assert.Equal(t, prefix+":"+row[1], NewNativeIpcKey(row[0], keyType).String())
		}
	}
}

func tstFromString(t *testing.T) {
	assert.Equal(t, NewNativeIpcKey("", 0), ParseNativeIpcKey(""))
	for prefix, keyType := range keyPrefixes {
		for _, row := range keyStrings {
			assert.Equal(t, NewNativeIpcKey(row[0], keyType), ParseNativeIpcKey(prefix+":"+row[1]))
		}
	}
	valid := NewNativeIpcKey("/foo", PosixRealtime)
	for text, want := range map[string]NativeIpcKey{
		"systemv-81:":                         NewNativeIpcKey("", SystemV),
		"systemv-009:":                        NewNativeIpcKey("", 9),
		"posix:%2f%66o%6f":                    valid,
		"posix:/foo#bar":                      valid,
		"posix:/foo#bar?baz":                  valid,
		"posix:%C4%80.%E2%80%80.%F0%90%80%80": NewNativeIpcKey("\u0100.\u2000.\U00010000", PosixRealtime),
	} {
		assert.Equal(t, want, ParseNativeIpcKey(text), text)
	}
	invalid := []string{"posix:/foo?bar", "posix:/foo?bar#baz", "81", "-81", "invalidprefix:", "systemv255", "systemv--255:", "systemv+255",
		"systemv-0x01:", "systemv-0:", "systemv-256", "systemv-32769:", "systemv-65537:", "systemv-2147483649:", "systemv-4294967297:"}
	for _, name := range []string{"systemv", "posix", "windows", "systemv-1", "systemv-255"} {
		invalid = append(invalid, name, name+"junk", "junk:"+name+":")
	}
	for _, text := range invalid {
		assert.Equal(t, NativeIpcKey{}, ParseNativeIpcKey(text), text)
	}
}

func tstLegacyKeys(t *testing.T) {
	for _, keyType := range []KeyType{DefaultTypeForOs(), LegacyDefaultTypeForOs()} {
		for _, row := range keyStrings {
			text := SharedMemoryLegacyNativeKey(row[0], keyType)
			key := ParseNativeIpcKey(text)
			assert.Equal(t, keyType, key.Type())
			assert.Equal(t, text, key.String())
			assert.Equal(t, key, ParseNativeIpcKey(key.String()))
			if row[0] != "" {
				legacy := strings.NewReplacer("%", "%25", "#", "%23").Replace(row[0])
				assert.True(t, strings.HasSuffix(text, "?legacyKey="+legacy), text)
			}
		}
	}
}
