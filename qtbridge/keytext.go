package qtbridge

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"qtinterop/internal/ipc"
)

// The text of a native key is that of QNativeIpcKey::toString() and fromString(), which
// Qt has since 6.6: TYPE:NAME?legacyKey=K, with percent-encoding, as in a URL. It is
// done here since other Qts have no such functions.

// The words of the types; of System V with another number than 'Q' it follows a dash.
const (
	systemVWord = "systemv"
	posixWord   = "posix"
	windowsWord = "windows"

	legacyItem = "legacyKey"
)

func (t keyType) word() string {
	switch t {
	case systemVKey:
		return systemVWord
	case posixKey:
		return posixWord
	case windowsKey:
		return windowsWord
	}
	return systemVWord + "-" + strconv.Itoa(int(t))
}

// typeOfWord is the type of a word, 0 if there is none.
func typeOfWord(word string) keyType {
	switch word {
	case systemVWord:
		return systemVKey
	case posixWord:
		return posixKey
	case windowsWord:
		return windowsKey
	}
	number, ok := strings.CutPrefix(word, systemVWord+"-")
	if n, err := strconv.ParseUint(number, 10, 8); ok && err == nil {
		return keyType(n)
	}
	return 0
}

// ipcText is a native key as toString() writes it. Two slashes at the beginning would
// be those of a host.
func ipcText(word, name, legacy string) string {
	name = escape(name, "%?#")
	if strings.HasPrefix(name, "//") {
		name = "/%2F" + name[2:]
	}
	text := word + ":" + name
	if legacy != "" {
		text += "?" + legacyItem + "=" + escape(legacy, "%#&=")
	}
	return text
}

// escape encodes control characters and those of special.
func escape(s, special string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f || strings.IndexByte(special, c) >= 0 {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// parseIpcKey makes a key of what follows the word of its type, as fromString() does.
// It is stricter: what Qt would mend, or replace, is refused.
func parseIpcKey(t keyType, text string) (Key, string) {
	text, _, _ = strings.Cut(text, "#") // which Qt ignores
	path, query, _ := strings.Cut(text, "?")
	if host, isURL := strings.CutPrefix(path, "//"); isURL {
		if path = host; !strings.HasPrefix(path, "/") {
			return Key{}, "what follows // is a host, as in a URL; write a path that begins so as /%2F"
		}
	}
	name, problem := unescape(path)
	if problem != "" {
		return Key{}, problem
	}
	legacy := ""
	for query != "" {
		var item string
		item, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(item, "=")
		if key, _ = unescape(key); key != legacyItem {
			return Key{}, "after ? there can be " + legacyItem + "=K alone; a ? of the name is %3F"
		}
		if legacy, problem = unescape(value); problem != "" {
			return Key{}, problem
		}
	}
	key := Key{name: name, kind: t, legacy: legacy}
	return key, key.misfit()
}

func unescape(s string) (text, problem string) {
	text, err := url.PathUnescape(s)
	switch {
	case err != nil:
		return "", "it has a % that is not followed by two hexadecimal digits; a % itself is %25"
	case strings.ContainsRune(text, 0):
		return "", "it has a NUL in it, which no name can have"
	case !utf8.ValidString(text):
		return "", "it is not UTF-8, as a QString would be"
	}
	return text, ""
}

// misfit says why the legacy key of k cannot be the one that its name was made of.
func (k Key) misfit() string {
	if k.legacy == "" {
		return ""
	}
	want := ipc.SegmentPrefix + ipc.RestOf(k.legacy)
	if have := k.base(); have != want {
		return "of the legacy key " + strconv.Quote(k.legacy) + " Qt makes the name " + want + ", and not " + have +
			"; give the text as nativeIpcKey().toString() has it, or the legacy key alone"
	}
	return ""
}

// base is the name of k without a directory, or the slash of POSIX.
func (k Key) base() string {
	switch k.kind {
	case windowsKey:
		return k.name
	case posixKey:
		return strings.TrimPrefix(k.name, "/")
	}
	return filepath.Base(k.name)
}
