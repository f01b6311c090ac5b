package qtbridge

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hasKeyFiles tells whether system objects hang on files here.
var hasKeyFiles = systemOf(Key{}).Traits().KeyFiles

func TestParseKey(t *testing.T) {
	for text, want := range map[string]Key{
		"RkWebViewModelSM":        QtKey("RkWebViewModelSM"),
		"qt:RkWebViewModelSM":     QtKey("RkWebViewModelSM"),
		"native:RkWebViewModelSM": NativeKey("RkWebViewModelSM"),
		"native:/tmp/a b":         NativeKey("/tmp/a b"),
		"qt:qt:x":                 QtKey("qt:x"),
		"NATIVE:x":                NativeKey("x"),
		"共享内存":                    QtKey("共享内存"),
		":x":                      QtKey(":x"),
		"a b:x":                   QtKey("a b:x"),
	} {
		key, err := ParseKey(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, key, text)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	for text, want := range map[string]Code{
		"":         ErrKey,
		"qt:":      ErrKey,
		"native:":  ErrKey,
		"mailto:x": ErrKey,
	} {
		_, err := ParseKey(text)
		assert.ErrorIs(t, err, want, text)
	}
}

func TestKeyString(t *testing.T) {
	assert.Equal(t, "name", QtKey("name").String())
	assert.Equal(t, "qt:posix:/x", QtKey("posix:/x").String())
	assert.Equal(t, "native:name", NativeKey("name").String())
	assert.Equal(t, "native:/srv/peer/name", NativeKey("/srv/peer/name").String())
}

func TestKeysDiffer(t *testing.T) {
	assert.True(t, NativeKey("x").IsNative())
	assert.False(t, QtKey("x").IsNative())
	assert.NotEqual(t, QtKey("x"), NativeKey("x"))
}

func TestNativeKeyIn(t *testing.T) {
	if !hasKeyFiles {
		assert.Equal(t, NativeKey("name"), NativeKeyIn("/srv/peer/", "name"))
		return
	}
	assert.Equal(t, NativeKey("/srv/peer/name"), NativeKeyIn("/srv/peer/", "name"))
	assert.Equal(t, NativeKey("/name"), NativeKeyIn("/", "name"))
	assert.Equal(t, NativeKey("/abs"), NativeKeyIn("/srv/peer", "/abs"))
	assert.Equal(t, NativeKey(""), NativeKeyIn("/srv/peer", ""))
}

// What is understood at all is written in a way that is understood as the same.
func FuzzParseKey(f *testing.F) {
	for _, s := range []string{"name", "qt:x", "native:/a", "systemv:/a%20b", "posix:/a#b", "windows:a", "systemv-84://a", "posix:/a?legacyKey=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			require.True(t, text == "" || strings.Contains(text, ":"), "only words before a colon are refused")
			return
		}
		again, err := ParseKey(key.String())
		require.NoError(t, err)
		require.Equal(t, key, again)
	})
}

func FuzzKeyText(f *testing.F) {
	for _, s := range []string{"name", "qt:name", "native:/a/b", "posix:/x", "", "a:b:c", "-:x", "共:享"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, name string, native bool) {
		key := QtKey(name)
		if native {
			key = NativeKey(name)
		}
		parsed, err := ParseKey(key.String())
		if name == "" {
			require.ErrorIs(t, err, ErrKey)
			return
		}
		require.NoError(t, err)
		require.Equal(t, key, parsed)
		_, err = ParseKey(name)
		if err != nil {
			require.True(t, strings.Contains(name, ":"), "only words before a colon are refused")
		}
	})
}
