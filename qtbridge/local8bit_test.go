//go:build cgo && (linux || windows)

package qtbridge

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// sample has letters that few encodings have all of.
const sample = "aé共享内存–€😀！"

// encodingsOfQString are the encodings by the names that the peer has for them.
var encodingsOfQString = map[string]Encoding{
	"Local8Bit": Local8Bit, "UTF-8": UTF8, "Latin-1": Latin1, "UTF-16": UTF16LE,
}

func TestEncodingsAgreeWithAQtProcess(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		for name, e := range encodingsOfQString {
			for _, text := range []string{"", "plain", sample, "\uFEFFmarked", "a\uFEFF", "a\x00b", "ÿ\u0080", "\uFFFD\uFFFE", "😀"} {
				data := peer.Do("text.encode", "", peertest.Args{"encoding": name, "text": escaped(t, text)}).Bytes()
				ours, err := e.Replacing().Encode(text)
				require.NoError(t, err)
				assert.Equal(t, data, append([]byte{}, ours...), "%s %q", name, text)
				agreeOnBytes(t, peer, name, e, data)
			}
		}
	})
}

// escaped is text as JSON that QJsonDocument of Qt 6 reads: it drops a byte order
// mark at the start of a string that is not escaped.
func escaped(t *testing.T, text string) json.RawMessage {
	t.Helper()
	line, err := json.Marshal(text)
	require.NoError(t, err)
	return bytes.ReplaceAll(line, []byte(mark), []byte(`\ufeff`))
}

// agreeOnBytes compares both ways of decoding.
func agreeOnBytes(t *testing.T, peer *peertest.Peer, name string, e Encoding, data []byte) {
	t.Helper()
	for toNUL, decode := range map[bool]func([]byte) (string, error){false: e.Decode, true: e.DecodeToNUL} {
		theirs, _ := peer.Do("text.decode", "", peertest.Args{"encoding": name, "base64": data, "toNul": toNUL}).Ret.(string)
		text, err := decode(data)
		require.NoError(t, err)
		assert.Equal(t, theirs, text, "%s % x, to NUL: %v", name, data, toNUL)
	}
}

// What Qt replaces is an error here, and the same with Replacing.
func TestBytesThatQtReplaces(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		for _, row := range []struct{ name, hex string }{
			{"UTF-8", "61 ff 62"}, {"UTF-8", "efbbbf 61 ff"}, {"UTF-8", "efbc"}, {"UTF-8", "eda080"},
			{"UTF-8", "f09f98"}, {"UTF-8", "61 e585"}, {"UTF-8", "61 e585 62"},
			// Each byte is a character in the code pages of Windows that have one a byte.
			{"Local8Bit", "61 ff 62"}, {"Local8Bit", "efbbbf 61 ff"}, {"Local8Bit", "efbc"}, {"Local8Bit", "00 c0af"},
		} {
			if row.name == "Local8Bit" && runtime.GOOS == "windows" {
				continue
			}
			e, data := encodingsOfQString[row.name], unhex(t, row.hex)
			_, err := e.Decode(data)
			requireTextError(t, err, "decode")
			text, err := e.Replacing().Decode(data)
			require.NoError(t, err)
			theirs := peer.Do("text.decode", "", peertest.Args{"encoding": row.name, "base64": data}).Ret
			assert.Equal(t, theirs, text, "%s %s", row.name, row.hex)
		}
	})
}

// A segment that was created with the size of its text gives that text, also
// where it has whole pages.
func TestTextOfASegment(t *testing.T) {
	texts := []string{"a", "id 4711", "a\x00b", strings.Repeat("x", 4095), strings.Repeat("x", 4096), strings.Repeat("x", 4097)}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		for name, e := range encodingsOfQString {
			for _, text := range texts {
				key := nativeKey(env)
				data := peer.Do("text.encode", "", peertest.Args{"encoding": name, "text": text}).Bytes()
				create(peer, key, len(data), data)
				s := mustAttach(t, key, ReadOnly)
				got, err := s.Snapshot(soon(t), nil)
				require.NoError(t, err)
				require.NoError(t, s.Close())
				decoded, err := e.Decode(got)
				require.NoError(t, err)
				assert.Equal(t, text, decoded, "%s", name)
				message := Message{Data: got}
				decoded, err = message.Text(e)
				require.NoError(t, err)
				assert.Equal(t, strings.Split(text, "\x00")[0], decoded, "%s", name)
				peer.Do("shm.delete", key.String(), nil)
			}
		}
	})
}

func TestXTextAgreesWithAQtProcess(t *testing.T) {
	texts := map[string]string{
		"GBK": "aé共享内存–", "GB18030": sample, "Shift_JIS": "a共享内存！ｱ", "windows-1252": "aé–€ÿ",
	}
	if runtime.GOOS == "windows" {
		texts["GB18030"] = "aé共享内存–€！" // 😀 without ICU is another character to Qt
	}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		peer := env.Verbs(qt)
		encodings := map[string]Encoding{"UTF-16BE": UTF16BE, "UTF-16LE": UTF16LE}
		for name, x := range xtexts {
			if runtime.GOOS == "windows" && qt == 6 {
				break // Qt 6 has these by ICU, and there without it
			}
			encodings[name] = XText(x)
		}
		for name, e := range encodings {
			text := texts[name]
			if text == "" {
				text = sample
			}
			theirs := peer.Do("text.encode", "", peertest.Args{"encoding": name, "text": text}).Bytes()
			data, err := e.Encode(text)
			require.NoError(t, err)
			assert.Equal(t, theirs, data, name)
			back, err := e.Decode(theirs)
			require.NoError(t, err)
			assert.Equal(t, text, back, name)
			decoded := peer.Do("text.decode", "", peertest.Args{"encoding": name, "base64": data}).Ret
			assert.Equal(t, text, decoded, name)
		}
	})
}
