//go:build cgo && windows

package qtbridge

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

const local8BitEnv = "QTBRIDGE_TEST_LOCAL8BIT"

// Wine has the ANSI code page of the locale that a program is started in. want is
// what toLocal8Bit() of the Qt process must make of U+00E9 U+5171.
var codePages = []struct{ locale, want string }{
	{"C", "e93f"},               // 1252
	{"zh_CN.UTF-8", "a8a6b9b2"}, // 936
	{"ru_RU.UTF-8", "653f"},     // 1251, where an e is near enough to é
}

// A Go process and a Qt process have the same code page, and must make the same
// bytes, and read each other's.
func TestLocal8BitInEveryCodePage(t *testing.T) {
	if os.Getenv(local8BitEnv) != "" {
		speakLocal8Bit(t)
		return
	}
	for _, page := range codePages {
		t.Run(page.locale, func(t *testing.T) {
			useLocale(t, page.locale)
			eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
				peer := env.Verbs(qt)
				require.Equal(t, page.want, hex.EncodeToString(peer.Do("hello", "", nil).LocalSample), "the peer has another code page")
				theirs := peer.Do("text.encode", "", peertest.Args{"encoding": "Local8Bit", "text": sample}).Bytes()
				text := peer.Do("text.decode", "", peertest.Args{"encoding": "Local8Bit", "base64": theirs}).Ret

				// What Go makes goes through a segment to the Qt process, and back.
				key := nativeKey(env)
				child := env.StartSelf("TestLocal8BitInEveryCodePage", local8BitEnv+"="+key.Name())
				waitForLine(t, child, "local8bit written")
				reading(peer, "go", key)
				assert.Equal(t, paged(theirs), peer.Do("shm.read", "go", nil).Bytes(), "Go makes other bytes than Qt")
				create(peer, NativeKey(key.Name()+"back"), len(theirs), theirs)
				child.Line("read")
				line, err := json.Marshal(text)
				require.NoError(t, err)
				waitForLine(t, child, "local8bit "+string(line))
				require.NoError(t, peer.End())
				require.NoError(t, child.End())
			})
		})
	}
}

// speakLocal8Bit is the child: it writes the sample, and reads what it is told to.
func speakLocal8Bit(t *testing.T) {
	name := os.Getenv(local8BitEnv)
	data, err := Local8Bit.Replacing().Encode(sample)
	require.NoError(t, err)
	s := mustCreate(t, NativeKey(name), len(data))
	_, err = s.WriteAt(data, 0)
	require.NoError(t, err)
	fmt.Println("local8bit written")
	var word string
	_, err = fmt.Scanln(&word)
	require.NoError(t, err)
	got, err := mustAttach(t, NativeKey(name+"back"), ReadOnly).Snapshot(soon(t), nil)
	require.NoError(t, err)
	text, err := Local8Bit.Decode(got)
	require.NoError(t, err)
	line, err := json.Marshal(text)
	require.NoError(t, err)
	fmt.Printf("local8bit %s\n", line)
}

// useLocale starts processes in a locale from now on. The C library below Wine
// needs its files, which scripts/windows makes.
func useLocale(t *testing.T, name string) {
	if name != "C" {
		dir, err := filepath.Abs("../build/windows/locales")
		require.NoError(t, err)
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			peertest.Skip(t, "no locale "+name+": run scripts/windows build")
		}
		t.Setenv("LOCPATH", strings.ReplaceAll(strings.TrimPrefix(dir, "Z:"), `\`, "/"))
	}
	t.Setenv("LC_ALL", name)
}
