//go:build cgo

package qtbridge

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// A locale that is not UTF-8 is made by localedef, to have the test on machines
// without one. want is what setlocale() in the Qt process must call it.
var locales = []struct{ name, input, charmap, want string }{
	{name: "C", want: "C"},
	{name: "POSIX", want: "C"},
	{name: "C.UTF-8", want: "C.UTF-8"},
	{name: "de_DE.ISO-8859-1", input: "de_DE", charmap: "ISO-8859-1", want: "de_DE.ISO-8859-1"},
	{name: "zh_CN.GB2312", input: "zh_CN", charmap: "GB2312", want: "zh_CN.GB2312"},
	{name: "xx_YY", want: "C"}, // which there is not
}

func makeLocales(t *testing.T) {
	dir := t.TempDir()
	for _, locale := range locales {
		if locale.input == "" {
			continue
		}
		out, err := exec.Command("localedef", "-i", locale.input, "-f", locale.charmap, filepath.Join(dir, locale.name)).CombinedOutput()
		if err != nil {
			peertest.Skip(t, fmt.Sprintf("no locale %s: install locales: %v\n%s", locale.name, err, out))
		}
	}
	t.Setenv("LOCPATH", dir)
}

const local8BitEnv = "QTBRIDGE_TEST_LOCAL8BIT"

// A QCoreApplication calls setlocale(), a Go program does not. Both run in the
// same locale and must make the same bytes, and read each other's.
func TestLocal8BitInEveryLocale(t *testing.T) {
	if name := os.Getenv(local8BitEnv); name != "" {
		speakLocal8Bit(t, name)
		return
	}
	makeLocales(t)
	for _, locale := range locales {
		t.Run(locale.name, func(t *testing.T) {
			t.Setenv("LC_ALL", locale.name)
			eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
				hello := env.Verbs(qt).Do("hello", "", nil)
				if peertest.HasIPCKeys(t, qt) { // from 6.6 on a QCoreApplication takes UTF-8 instead
					require.Contains(t, hello.Locale, "UTF-8")
				} else {
					require.Equal(t, locale.want, hello.Locale, "the peer is not in this locale")
				}
				local8BitBothWays(t, env, qt, hello.LocalSample)
			})
		})
	}
}

func local8BitBothWays(t *testing.T, env *peertest.Env, qt int, shortSample []byte) {
	fromGo, fromQt := env.Name(), env.Name()
	child := env.StartSelf("TestLocal8BitInEveryLocale", local8BitEnv+"="+env.Work+"/"+fromGo)
	said := nextSaid(t, child)
	assert.Equal(t, hex.EncodeToString(shortSample), said.Short)

	writer := env.Start(qt, env.Work, "writer", fromQt)
	writer.Line(sample)
	_, err := writer.ReadLine()
	require.NoError(t, err)
	raw := env.Raw(filepath.Join(env.Work, fromQt))
	assert.Equal(t, hex.EncodeToString(raw), said.Hex, "Go makes other bytes than Qt")
	assert.Equal(t, raw, env.Raw(filepath.Join(env.Work, fromGo)))

	child.Line(env.Work + "/" + fromQt)
	assert.Equal(t, sample, nextSaid(t, child).Text, "Go reads what Qt wrote")

	poller := env.Start(qt, env.Work, "poller", fromGo, "--count", "1")
	line, err := poller.ReadLine()
	require.NoError(t, err)
	var read struct{ Text string }
	require.NoError(t, json.Unmarshal(line, &read))
	assert.Equal(t, sample, read.Text, "Qt reads what Go wrote")
	require.NoError(t, poller.End())
	require.NoError(t, writer.End())
	require.NoError(t, child.End())
}

// local8BitSaid is what the child says on stdout, in lines after saidPrefix.
type local8BitSaid struct{ Short, Hex, Text string }

const saidPrefix = "local8bit "

func nextSaid(t *testing.T, child *peertest.Process) (said local8BitSaid) {
	t.Helper()
	for {
		line, err := child.ReadLine()
		require.NoError(t, err)
		if text, ok := strings.CutPrefix(string(line), saidPrefix); ok {
			require.NoError(t, json.Unmarshal([]byte(text), &said))
			return said
		}
	}
}

func say(t *testing.T, said local8BitSaid) {
	line, err := json.Marshal(said)
	require.NoError(t, err)
	fmt.Printf("%s%s\n", saidPrefix, line)
}

// speakLocal8Bit is the child: it publishes the sample, then reads segments.
func speakLocal8Bit(t *testing.T, name string) {
	short, err := Local8Bit.Encode("é共")
	require.NoError(t, err)
	data, err := Local8Bit.Encode(sample)
	require.NoError(t, err)
	s := mustCreate(t, NativeKey(name), len(data))
	_, err = s.WriteAt(data, 0)
	require.NoError(t, err)
	say(t, local8BitSaid{Short: hex.EncodeToString(short), Hex: hex.EncodeToString(data)})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		reader := mustAttach(t, NativeKey(lines.Text()), ReadOnly)
		data, err := reader.Snapshot(soon(t), nil)
		require.NoError(t, err)
		text, err := Local8Bit.Decode(data)
		require.NoError(t, err)
		require.NoError(t, reader.Close())
		say(t, local8BitSaid{Text: text})
	}
}

func TestLocal8BitErrors(t *testing.T) {
	_, err := Local8Bit.Encode("é\xff")
	e := requireTextError(t, err, "encode")
	assert.Contains(t, e.Msg, "the byte 0xff at 2 is not UTF-8")
	_, err = Local8Bit.Decode([]byte("！\xef\xbc"))
	e = requireTextError(t, err, "decode")
	assert.Contains(t, e.Msg, "the bytes ef bc at 3 of 5 are not Local8Bit")
	text, err := Local8Bit.DecodeToNUL([]byte("é\x00\xff"))
	require.NoError(t, err)
	assert.Equal(t, "é", text)
}

func FuzzLocal8Bit(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		encodesAndDecodes(t, Local8Bit, text)
		decodes(t, Local8Bit, []byte(text))
	})
}
